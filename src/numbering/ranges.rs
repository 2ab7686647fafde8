//! Every range of numbers in the plans of the world, with its region and its kind.
//!
//! International numbers without their plus sign are whole numbers, and no two of them are equal,
//! so a plan is a list of ranges of whole numbers. Finding a number's range is a binary search.
//! `tables/ranges.csv` has the ranges as first digits of national numbers, from the metadata of
//! libphonenumber; `tools/numbering_plans.py` writes it.

use std::sync::LazyLock;

use super::refusal::LineKind;
use super::tables;
use crate::model::Msisdn;

/// What the plan says about a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// ISO 3166-1 alpha-2; `001` for calling codes without a country.
    pub(super) iso: &'static str,
    pub(super) kind: RangeKind,
}

/// What the lines of a range are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RangeKind {
    /// Mobile, or shared by fixed and mobile lines.
    Mobile,
    /// Certainly not mobile.
    Other(LineKind),
}

/// The range of a number, or `None` where no plan has it.
pub(super) fn find(msisdn: u64) -> Option<Range> {
    RANGES.range_at(RANGES.index_of(msisdn))
}

/// The region of a number, even of one that no plan has, if the numbers around it tell: those
/// before and after it are of one region, or one of them shares its first digits with it.
pub(super) fn region_around(msisdn: Msisdn) -> Option<&'static str> {
    /// Calling code 1 and an area code.
    const AREA_DIGITS: u32 = 4;
    let index = RANGES.index_of(msisdn.get());
    if let Some(range) = RANGES.range_at(index) {
        return Some(range.iso);
    }
    let neighbours = [
        index.checked_sub(1).map(|before| (before, RANGES.first[index] - 1)),
        RANGES.first.get(index + 1).map(|first| (index + 1, *first)),
    ];
    let [before, after] = neighbours.map(|neighbour| {
        let (index, nearest) = neighbour?;
        Some((shared_digits(msisdn.get(), nearest), RANGES.range_at(index)?.iso))
    });
    match (before, after) {
        (Some((one, iso)), Some((other, same))) if iso == same && one.min(other) > 0 => Some(iso),
        (before, after) => {
            let (shared, iso) = before.max(after)?;
            (shared >= AREA_DIGITS).then_some(iso)
        }
    }
}

/// The region of all numbers that begin with these digits, or `None` where that is none or several.
pub(super) fn only_region_with(first_digits: &str) -> Option<&'static str> {
    let prefix: u64 = first_digits.parse().ok()?;
    let missing = first_digits.len()..=Msisdn::MAX_DIGITS;
    let spans = missing.map(|length| {
        let power = 10_u64.pow((length - first_digits.len()) as u32);
        (prefix * power, prefix * power + (power - 1))
    });
    let mut isos = spans
        .flat_map(|(low, high)| RANGES.index_of(low)..=RANGES.index_of(high))
        .filter_map(|index| RANGES.range_at(index).map(|range| range.iso));
    let first = isos.next()?;
    isos.all(|iso| iso == first).then_some(first)
}

/// How many first digits two numbers of the same length share; 0 where the lengths differ.
fn shared_digits(one: u64, other: u64) -> u32 {
    let digits = |number: u64| number.checked_ilog10().unwrap_or(0);
    if digits(one) != digits(other) {
        return 0;
    }
    (0..=digits(one)).rev().take_while(|place| one / 10_u64.pow(*place) == other / 10_u64.pow(*place)).count()
        as u32
}

/// The ranges one after the other, with gaps between them.
struct Ranges {
    /// The first number of each range and of each gap, in order.
    first: Vec<u64>,
    /// For each of them, its index in `kinds`; [`GAP`] for a gap.
    label: Vec<u16>,
    kinds: Vec<Range>,
    /// For every length of numbers and every three first digits, the index of the range or gap of
    /// the lowest number. It leaves a search among a few.
    by_first_digits: Vec<u32>,
}

/// The lowest number of each slot in [`Ranges::by_first_digits`], and the lowest number after them.
fn lowest_of_slots() -> impl Iterator<Item = u64> {
    let slots = (0..=LONGEST - 3).flat_map(|zeros| (100..1000).map(move |digits| digits * 10_u64.pow(zeros)));
    slots.chain([10_u64.pow(LONGEST)])
}

/// The digits of the longest numbers.
const LONGEST: u32 = Msisdn::MAX_DIGITS as u32;

const GAP: u16 = u16::MAX;

static RANGES: LazyLock<Ranges> = LazyLock::new(|| Ranges::of_table(include_str!("tables/ranges.csv")));

impl Ranges {
    fn of_table(table: &'static str) -> Self {
        let mut kinds: Vec<Range> = Vec::new();
        let mut found: Vec<(u64, u64, u16)> = Vec::new();
        for [calling_code, digits, iso, kind, ranges] in tables::rows(table) {
            let digits = digits.parse().expect("a length in the table is a number");
            let range = Range { iso, kind: kind_of(kind) };
            let label = kinds.iter().position(|known| *known == range).unwrap_or_else(|| {
                kinds.push(range);
                kinds.len() - 1
            });
            found.extend(ranges.split(' ').map(|text| {
                let (low, high) = text.split_once('-').unwrap_or((text, text));
                let number = |prefix, filler| extended(calling_code, prefix, digits, filler);
                (number(low, 0), number(high, 9), label as u16)
            }));
        }
        found.sort_unstable();
        let mut ranges = Self { first: vec![0], label: vec![GAP], kinds, by_first_digits: Vec::new() };
        for (first, last, label) in found {
            ranges.push(first, label);
            ranges.push(last + 1, GAP);
        }
        ranges.by_first_digits = lowest_of_slots()
            .map(|lowest| (ranges.first.partition_point(|first| *first <= lowest) - 1) as u32)
            .collect();
        ranges
    }

    /// Adds a range or a gap after all others. A gap without numbers gives way.
    fn push(&mut self, first: u64, label: u16) {
        let last = self.first.len() - 1;
        debug_assert!(self.first[last] <= first, "ranges overlap at {first}");
        if self.first[last] == first {
            self.label[last] = label;
        } else {
            self.first.push(first);
            self.label.push(label);
        }
    }

    /// The range or the gap in which a number is.
    fn index_of(&self, msisdn: u64) -> usize {
        let zeros = msisdn.checked_ilog10().unwrap_or(0).saturating_sub(2);
        let first_digits = (msisdn / 10_u64.pow(zeros)) as usize;
        let slot = (zeros as usize * 900 + first_digits).saturating_sub(100);
        let [from, to] = [slot, slot + 1].map(|slot| self.by_first_digits.get(slot).copied());
        let from = from.filter(|_| first_digits >= 100).unwrap_or(0) as usize;
        let to = to.map_or(self.first.len(), |to| to as usize + 1);
        from + self.first[from..to].partition_point(|first| *first <= msisdn) - 1
    }

    fn range_at(&self, index: usize) -> Option<Range> {
        self.kinds.get(usize::from(self.label[index])).copied()
    }
}

/// The calling code and the first digits, filled up to a number of this many national digits.
fn extended(calling_code: &str, prefix: &str, digits: usize, filler: u64) -> u64 {
    let code_and_prefix = calling_code.bytes().chain(prefix.bytes());
    let start = code_and_prefix.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    (prefix.len()..digits).fold(start, |number, _| number * 10 + filler)
}

fn kind_of(word: &str) -> RangeKind {
    let kind = match word {
        "mobile" => return RangeKind::Mobile,
        "fixed_line" => LineKind::FixedLine,
        "toll_free" => LineKind::TollFree,
        "premium_rate" => LineKind::PremiumRate,
        "shared_cost" => LineKind::SharedCost,
        "voip" => LineKind::Voip,
        "personal_number" => LineKind::PersonalNumber,
        "pager" => LineKind::Pager,
        "company_number" => LineKind::CompanyNumber,
        other => unreachable!("the table has no kind {other}"),
    };
    RangeKind::Other(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(msisdn: u64) -> Option<RangeKind> {
        find(msisdn).map(|range| range.kind)
    }

    #[test]
    fn a_number_has_the_kind_of_its_range() {
        let other = |kind| Some(RangeKind::Other(kind));
        for (msisdn, expected) in [
            (46_701_740_605, Some(RangeKind::Mobile)),
            (46_846_500_400, other(LineKind::FixedLine)),
            (12_025_550_123, Some(RangeKind::Mobile)),
            (18_005_550_123, other(LineKind::TollFree)),
            (447_700_900_123, Some(RangeKind::Mobile)),
            (46_001_740_605, None),
            (4_670_174_060, None),
            (999_999_999_999_999, None),
        ] {
            assert_eq!(kind(msisdn), expected, "{msisdn}");
        }
    }

    #[test]
    fn the_short_search_finds_what_the_long_one_finds() {
        let edges = RANGES.first.iter().flat_map(|first| [first.saturating_sub(1), *first, first + 1]);
        let powers = (0..16).flat_map(|power| [10_u64.pow(power) - 1, 10_u64.pow(power), u64::MAX]);
        for number in edges.chain(powers) {
            let expected = RANGES.first.partition_point(|first| *first <= number) - 1;
            assert_eq!(RANGES.index_of(number), expected, "{number}");
        }
    }

    #[test]
    fn ranges_are_in_order_and_do_not_overlap() {
        assert!(RANGES.first.is_sorted_by(|one, other| one < other));
        assert!(RANGES.first.len() > 20_000);
    }

    #[test]
    fn a_number_in_a_gap_is_of_the_region_around_it() {
        let near = |digits| region_around(Msisdn::new(digits).unwrap());
        assert_eq!(near(12_425_000_000), Some("BS"));
        assert_eq!(near(77_000_000_000), Some("KZ"));
        assert_eq!(near(12_000_000_000), None);
        assert_eq!(near(999_999_999_999_999), None);
    }

    #[test]
    fn shared_digits_are_counted_from_the_first() {
        assert_eq!(shared_digits(12_345, 12_399), 3);
        assert_eq!(shared_digits(12_345, 12_345), 5);
        assert_eq!(shared_digits(12_345, 1_234), 0);
        assert_eq!(shared_digits(22_345, 12_345), 0);
    }
}
