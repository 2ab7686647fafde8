//! Rankings computed from the counts of a run: the funnel, countries, networks and worst ranges of
//! a report.

use std::collections::BTreeMap;

use super::run_report::{CountryRows, FunnelStep, NetworkRows, RangeRows};
use crate::model::{NumberRange, Plmn};
use crate::numbering;
use crate::telemetry::Snapshot;
use crate::telemetry::breakdown::{BreakdownCounts, BreakdownKey};

/// How many of the worst ranges are listed.
const WORST_RANGES: usize = 10;
/// A range is listed only with this many rows without a verdict.
const LISTED_FROM: u64 = 5;

/// The funnel: how many rows, and then different numbers, are left after each step.
///
/// The ledger comes before the duplicates, because rows answered from the ledger are not counted by
/// different numbers: that would need memory for every number.
pub(crate) fn funnel(counts: &Snapshot) -> Vec<FunnelStep> {
    let valid = counts.rows - counts.invalid - counts.carried;
    let not_in_ledger = valid - counts.from_ledger;
    let distinct = not_in_ledger - counts.duplicates - unanswered_duplicates(counts);
    let asked = distinct.saturating_sub(counts.never_asked + counts.skipped);
    let without_answer = counts.numbers_unanswered.saturating_sub(counts.never_asked + counts.skipped);
    [
        ("rows", "rows read", counts.rows),
        ("valid", "with a valid number", valid),
        ("not_in_ledger", "not in the ledger", not_in_ledger),
        ("distinct", "different numbers", distinct),
        ("asked", "looked up", asked),
        ("answered", "answered", asked.saturating_sub(without_answer)),
    ]
    .map(|(step, text, left)| FunnelStep { step, text, left })
    .into()
}

/// Rows without an answer beyond the first of each number.
fn unanswered_duplicates(counts: &Snapshot) -> u64 {
    counts.unanswered.saturating_sub(counts.numbers_unanswered)
}

/// Rows by country of their number, most rows first.
pub(crate) fn countries(breakdown: &[(BreakdownKey, BreakdownCounts)]) -> Vec<CountryRows> {
    let mut countries: BTreeMap<Option<&'static str>, CountryRows> = BTreeMap::new();
    for (key, counts) in breakdown {
        let country = numbering::range_country(key.range);
        let rows =
            countries.entry(country).or_insert_with(|| CountryRows { country, ..CountryRows::default() });
        rows.rows += counts.rows;
        rows.by_status[key.status as usize] += counts.rows;
        rows.requests += counts.attempts;
        rows.cost += counts.cost;
    }
    let mut countries: Vec<_> = countries.into_values().collect();
    countries.sort_by_key(|country| std::cmp::Reverse(country.rows));
    countries
}

/// Rows by network, as the service named it, most rows first.
pub(crate) fn networks(breakdown: &[(BreakdownKey, BreakdownCounts)]) -> Vec<NetworkRows> {
    let mut networks: BTreeMap<Plmn, BreakdownCounts> = BTreeMap::new();
    for (key, counts) in breakdown {
        if let Some(network) = key.network {
            networks.entry(network).or_default().add(*counts);
        }
    }
    let network = |(plmn, counts): (Plmn, BreakdownCounts)| NetworkRows {
        mcc: plmn.mcc_text(),
        mnc: plmn.mnc_text(),
        network: numbering::network_name(plmn),
        country: numbering::network_country(plmn),
        rows: counts.rows,
        cost: counts.cost,
    };
    let mut networks: Vec<_> = networks.into_iter().map(network).collect();
    networks.sort_by_key(|network| std::cmp::Reverse(network.rows));
    networks
}

/// The ranges with the most rows without a verdict, worst first.
pub(crate) fn worst_ranges(breakdown: &[(BreakdownKey, BreakdownCounts)]) -> Vec<RangeRows> {
    let mut ranges: BTreeMap<NumberRange, (BreakdownCounts, u64)> = BTreeMap::new();
    for (key, counts) in breakdown {
        let (all, without_verdict) = ranges.entry(key.range).or_default();
        all.add(*counts);
        if key.status.lacks_verdict() {
            *without_verdict += counts.rows;
        }
    }
    let range = |(range, (counts, without_verdict)): (NumberRange, (BreakdownCounts, u64))| RangeRows {
        range: range.to_string(),
        country: numbering::range_country(range),
        network: network_of(range, breakdown),
        rows: counts.rows,
        without_verdict,
        requests: counts.attempts,
        cost: counts.cost,
    };
    let listed = ranges.into_iter().filter(|(_, (_, without_verdict))| *without_verdict >= LISTED_FROM);
    let mut worst: Vec<_> = listed.collect();
    worst.sort_by_key(|(_, (_, without_verdict))| std::cmp::Reverse(*without_verdict));
    worst.truncate(WORST_RANGES);
    worst.into_iter().map(range).collect()
}

/// The network of most rows of a range.
fn network_of(range: NumberRange, breakdown: &[(BreakdownKey, BreakdownCounts)]) -> Option<&'static str> {
    let mut rows: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (key, counts) in breakdown.iter().filter(|(key, _)| key.range == range) {
        if let Some(name) = key.network.and_then(numbering::network_name) {
            *rows.entry(name).or_default() += counts.rows;
        }
    }
    rows.into_iter().max_by_key(|(_, rows)| *rows).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Msisdn, Status};

    fn entry(
        digits: u64,
        network: Option<&str>,
        status: Status,
        rows: u64,
    ) -> (BreakdownKey, BreakdownCounts) {
        let network = network.and_then(Plmn::from_digits);
        let key = BreakdownKey { range: NumberRange::of(Msisdn::new(digits).unwrap()), network, status };
        (key, BreakdownCounts { rows, attempts: rows, ..BreakdownCounts::default() })
    }

    #[test]
    fn a_breakdown_becomes_countries_networks_and_the_worst_ranges() {
        let breakdown = [
            entry(46_701_740_605, Some("24008"), Status::Reachable, 10),
            entry(46_701_740_605, None, Status::Unknown, 7),
            entry(46_731_740_605, Some("24008"), Status::Reachable, 1),
            entry(12_425_550_100, None, Status::Dead, 30),
            entry(882_131_234_567, None, Status::NotChecked, 4),
        ];
        let countries = countries(&breakdown);
        let rows: Vec<_> = countries.iter().map(|country| (country.country, country.rows)).collect();
        assert_eq!(rows, [(Some("BS"), 30), (Some("SE"), 18), (None, 4)]);
        assert_eq!(countries[1].without_verdict(), 7);
        let networks = networks(&breakdown);
        assert_eq!((networks[0].mnc.as_str(), networks[0].country, networks[0].rows), ("08", Some("SE"), 11));
        let worst = worst_ranges(&breakdown);
        assert_eq!((worst.len(), worst[0].range.as_str(), worst[0].without_verdict), (1, "+46701…", 7));
        assert_eq!(worst[0].network, Some("Telenor"));
    }

    #[test]
    fn the_funnel_never_widens() {
        let counts = Snapshot {
            rows: 100,
            invalid: 5,
            carried: 1,
            from_ledger: 20,
            duplicates: 10,
            answered: 54,
            unanswered: 10,
            numbers_unanswered: 8,
            never_asked: 3,
            skipped: 1,
            ..Snapshot::default()
        };
        assert!(counts.adds_up());
        let left: Vec<u64> = funnel(&counts).iter().map(|step| step.left).collect();
        assert_eq!(left, [100, 94, 74, 62, 58, 54]);
        assert_eq!(left[5], counts.answered);
    }
}
