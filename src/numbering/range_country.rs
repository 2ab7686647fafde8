//! Which country a range of numbers is in.

use super::countries::country_of_calling_code;
use super::ranges;
use crate::model::NumberRange;

/// Calling codes have up to three digits, so fewer digits name no country for certain.
const CALLING_CODE_FROM: u32 = 100;

/// The country whose numbering plan has the numbers of this range, or `None` where that is none or
/// not certain.
///
/// Ranges of numbers with seven or eight digits (Niue, Saint Helena) have too few digits to tell.
#[must_use]
pub fn range_country(range: NumberRange) -> Option<&'static str> {
    if range.get() < CALLING_CODE_FROM {
        return None;
    }
    let first_digits = range.get().to_string();
    country_of_calling_code(&first_digits).or_else(|| {
        let iso = ranges::only_region_with(&first_digits)?;
        (iso != "001").then_some(iso)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Msisdn;

    #[test]
    fn a_range_is_in_the_country_of_its_numbers() {
        for (digits, country) in [
            (46_701_740_605, Some("SE")),
            (12_425_550_100, Some("BS")),
            (77_012_345_678, Some("KZ")),
            (79_161_234_567, Some("RU")),
            (393_331_234_567, Some("IT")),
            (4_779_123_456, Some("SJ")),
            (4_741_234_567, Some("NO")),
            (882_131_234_567, None),
            (6_837_001, None),
        ] {
            assert_eq!(range_country(NumberRange::of(Msisdn::new(digits).unwrap())), country, "{digits}");
        }
    }

    #[test]
    fn a_coarse_range_keeps_the_country_of_a_calling_code_that_is_not_shared() {
        let coarse = |digits| NumberRange::of(Msisdn::new(digits).unwrap()).coarse();
        assert_eq!(range_country(coarse(46_701_740_605)), Some("SE"));
        assert_eq!(range_country(coarse(79_161_234_567)), Some("RU"));
        assert_eq!(range_country(coarse(12_425_550_100)), None);
    }
}
