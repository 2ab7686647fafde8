//! What a run that has ended is told by.

use std::collections::BTreeMap;

use super::run_report::{CountryRows, FunnelStep, NetworkRows, RangeRows};
use crate::model::{NumberRange, Plmn};
use crate::numbering;
use crate::telemetry::Snapshot;
use crate::telemetry::breakdown::{BreakdownCounts, BreakdownKey};

/// So many of the worst ranges are named, if they have so many rows without a verdict.
const WORST_RANGES: usize = 10;
const WORTH_NAMING: u64 = 5;

/// How many rows were left after each step, and then how many numbers. The ledger stands before the duplicates here,
/// because what is in it is not counted apart: a number of many rows costs it one look each, and no memory.
pub(crate) fn funnel(counts: &Snapshot) -> Vec<FunnelStep> {
    let valid = counts.rows - counts.invalid - counts.carried;
    let not_in_ledger = valid - counts.from_ledger;
    let distinct = not_in_ledger - counts.duplicates - also_unanswered(counts);
    let asked = distinct.saturating_sub(counts.never_asked + counts.skipped);
    let without_answer = counts.numbers_unanswered.saturating_sub(counts.never_asked + counts.skipped);
    [
        ("rows", "rows taken in", counts.rows),
        ("valid", "with a number that can be asked about", valid),
        ("not_in_ledger", "whose answer is not in the ledger", not_in_ledger),
        ("distinct", "different numbers among them", distinct),
        ("asked", "asked about", asked),
        ("answered", "answered", asked.saturating_sub(without_answer)),
    ]
    .map(|(step, text, left)| FunnelStep { step, text, left })
    .into()
}

/// Rows without an answer whose number another such row has too.
fn also_unanswered(counts: &Snapshot) -> u64 {
    counts.unanswered.saturating_sub(counts.numbers_unanswered)
}

/// Rows by the country of their numbers, most first.
pub(crate) fn countries(places: &[(BreakdownKey, BreakdownCounts)]) -> Vec<CountryRows> {
    let mut countries: BTreeMap<Option<&'static str>, CountryRows> = BTreeMap::new();
    for (place, counts) in places {
        let country = numbering::range_country(place.range);
        let rows =
            countries.entry(country).or_insert_with(|| CountryRows { country, ..CountryRows::default() });
        rows.rows += counts.rows;
        rows.by_status[place.status as usize] += counts.rows;
        rows.requests += counts.attempts;
        rows.cost += counts.cost;
    }
    let mut countries: Vec<_> = countries.into_values().collect();
    countries.sort_by_key(|country| std::cmp::Reverse(country.rows));
    countries
}

/// Rows by the network that was named, most first.
pub(crate) fn networks(places: &[(BreakdownKey, BreakdownCounts)]) -> Vec<NetworkRows> {
    let mut networks: BTreeMap<Plmn, BreakdownCounts> = BTreeMap::new();
    for (place, counts) in places {
        if let Some(network) = place.network {
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

/// The ranges with the most rows that got no verdict, worst first.
pub(crate) fn worst_ranges(places: &[(BreakdownKey, BreakdownCounts)]) -> Vec<RangeRows> {
    let mut ranges: BTreeMap<NumberRange, (BreakdownCounts, u64)> = BTreeMap::new();
    for (place, counts) in places {
        let (all, without_verdict) = ranges.entry(place.range).or_default();
        all.add(*counts);
        if place.status.lacks_verdict() {
            *without_verdict += counts.rows;
        }
    }
    let range = |(range, (counts, without_verdict)): (NumberRange, (BreakdownCounts, u64))| RangeRows {
        range: range.to_string(),
        country: numbering::range_country(range),
        network: network_of(range, places),
        rows: counts.rows,
        without_verdict,
        requests: counts.attempts,
        cost: counts.cost,
    };
    let bad = ranges.into_iter().filter(|(_, (_, without_verdict))| *without_verdict >= WORTH_NAMING);
    let mut worst: Vec<_> = bad.collect();
    worst.sort_by_key(|(_, (_, without_verdict))| std::cmp::Reverse(*without_verdict));
    worst.truncate(WORST_RANGES);
    worst.into_iter().map(range).collect()
}

/// The name of the network that most of the range's rows are on.
fn network_of(range: NumberRange, places: &[(BreakdownKey, BreakdownCounts)]) -> Option<&'static str> {
    let mut rows: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (place, counts) in places.iter().filter(|(place, _)| place.range == range) {
        if let Some(name) = place.network.and_then(numbering::network_name) {
            *rows.entry(name).or_default() += counts.rows;
        }
    }
    rows.into_iter().max_by_key(|(_, rows)| *rows).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Msisdn, Status};

    fn place(
        digits: u64,
        network: Option<&str>,
        status: Status,
        rows: u64,
    ) -> (BreakdownKey, BreakdownCounts) {
        let network = network.and_then(Plmn::from_digits);
        let place = BreakdownKey { range: NumberRange::of(Msisdn::new(digits).unwrap()), network, status };
        (place, BreakdownCounts { rows, attempts: rows, ..BreakdownCounts::default() })
    }

    #[test]
    fn places_become_countries_networks_and_the_worst_ranges() {
        let places = [
            place(46_701_740_605, Some("24008"), Status::Reachable, 10),
            place(46_701_740_605, None, Status::Unknown, 7),
            place(46_731_740_605, Some("24008"), Status::Reachable, 1),
            place(12_425_550_100, None, Status::Dead, 30),
            place(882_131_234_567, None, Status::NotChecked, 4),
        ];
        let countries = countries(&places);
        let told: Vec<_> = countries.iter().map(|country| (country.country, country.rows)).collect();
        assert_eq!(told, [(Some("BS"), 30), (Some("SE"), 18), (None, 4)]);
        assert_eq!(countries[1].without_verdict(), 7);
        let networks = networks(&places);
        assert_eq!((networks[0].mnc.as_str(), networks[0].country, networks[0].rows), ("08", Some("SE"), 11));
        let worst = worst_ranges(&places);
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
