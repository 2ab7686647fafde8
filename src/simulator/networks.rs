//! Which networks a number may belong to, by its first digits.
//!
//! A small table of calling codes (ITU-T E.164) with some of the networks that ITU-T E.212 lists
//! for their countries. It is not complete and has no names: its only purpose is plausible answers.

use std::sync::LazyLock;

use crate::model::{CallingCode, Msisdn, Plmn};

/// First digits of numbers, their calling code, and some of their networks as MCC and MNC.
const PREFIXES: &[(&str, u16, &[&str])] = &[
    ("1", 1, &["310260", "310410", "311480"]),
    ("1204", 1, &["302220", "302610", "302720"]),
    ("1416", 1, &["302220", "302610", "302720"]),
    ("1514", 1, &["302220", "302500", "302610"]),
    ("1604", 1, &["302220", "302610", "302720"]),
    ("20", 20, &["60201", "60202", "60203"]),
    ("212", 212, &["60400", "60401", "60402"]),
    ("234", 234, &["62120", "62130", "62150"]),
    ("254", 254, &["63902", "63903"]),
    ("27", 27, &["65501", "65507", "65510"]),
    ("30", 30, &["20201", "20205", "20210"]),
    ("31", 31, &["20404", "20408", "20416"]),
    ("32", 32, &["20601", "20610", "20620"]),
    ("33", 33, &["20801", "20810", "20815", "20820"]),
    ("34", 34, &["21401", "21403", "21404", "21407"]),
    ("351", 351, &["26801", "26803", "26806"]),
    ("352", 352, &["27001", "27077", "27099"]),
    ("353", 353, &["27201", "27203", "27205"]),
    ("354", 354, &["27401", "27402", "27411"]),
    ("358", 358, &["24405", "24412", "24491"]),
    ("359", 359, &["28401", "28403", "28405"]),
    ("36", 36, &["21601", "21630", "21670"]),
    ("370", 370, &["24601", "24602", "24603"]),
    ("371", 371, &["24701", "24702", "24705"]),
    ("372", 372, &["24801", "24802", "24803"]),
    ("380", 380, &["25501", "25503", "25506"]),
    ("385", 385, &["21901", "21902", "21910"]),
    ("39", 39, &["22201", "22210", "22250", "22288"]),
    ("40", 40, &["22601", "22603", "22605", "22610"]),
    ("41", 41, &["22801", "22802", "22803"]),
    ("420", 420, &["23001", "23002", "23003"]),
    ("421", 421, &["23101", "23102", "23106"]),
    ("43", 43, &["23201", "23203", "23205"]),
    ("44", 44, &["23410", "23415", "23420", "23430"]),
    ("45", 45, &["23801", "23802", "23806", "23820"]),
    ("46", 46, &["24001", "24002", "24007", "24008"]),
    ("47", 47, &["24201", "24202", "24214"]),
    ("48", 48, &["26001", "26002", "26003", "26006"]),
    ("49", 49, &["26201", "26202", "26203"]),
    ("504", 504, &["708001", "708002"]),
    ("52", 52, &["334020", "334030", "334050"]),
    ("54", 54, &["722070", "722310", "722341"]),
    ("55", 55, &["72403", "72405", "72406", "72431"]),
    ("57", 57, &["732101", "732103", "732123"]),
    ("60", 60, &["50212", "50213", "50216", "50219"]),
    ("61", 61, &["50501", "50502", "50503"]),
    ("62", 62, &["51001", "51010", "51011"]),
    ("63", 63, &["51502", "51503"]),
    ("64", 64, &["53001", "53005", "53024"]),
    ("65", 65, &["52501", "52503", "52505"]),
    ("66", 66, &["52003", "52004", "52005"]),
    ("7", 7, &["25001", "25002", "25020", "25099"]),
    ("77", 7, &["40101", "40102", "40177"]),
    ("81", 81, &["44010", "44020", "44050"]),
    ("82", 82, &["45005", "45006", "45008"]),
    ("84", 84, &["45201", "45202", "45204"]),
    ("86", 86, &["46000", "46001", "46011"]),
    ("880", 880, &["47001", "47002", "47003"]),
    ("90", 90, &["28601", "28602", "28603"]),
    ("91", 91, &["40410", "40445", "405857"]),
    ("92", 92, &["41001", "41003", "41006"]),
    ("966", 966, &["42001", "42003", "42004"]),
    ("971", 971, &["42402", "42403"]),
    ("972", 972, &["42501", "42502", "42503"]),
];

/// The network of numbers with a prefix outside the table (MCC 901).
const INTERNATIONAL_NETWORK: &str = "90128";

/// Where a number comes from.
pub(super) struct NumberOrigin {
    /// The calling code; `None` for a prefix outside the table.
    pub(super) calling_code: Option<CallingCode>,
    /// The networks it may belong to, never empty.
    pub(super) networks: Vec<Plmn>,
}

/// The origin of this number.
pub(super) fn origin_of(msisdn: Msisdn) -> &'static NumberOrigin {
    let table = &*PREFIX_TABLE;
    &table.origins[usize::from(table.by_first_digits[first_digits(msisdn)])]
}

/// Every calling code of the table, in no particular order, each once or more.
pub(super) fn calling_codes() -> &'static [CallingCode] {
    &PREFIX_TABLE.calling_codes
}

/// How many first digits decide. Every number has more, and no prefix of the table has more.
const FIRST_DIGITS: u32 = 4;
const PREFIX_COUNT: usize = 10_usize.pow(FIRST_DIGITS);

struct PrefixTable {
    /// Index into `origins` by the first four digits of a number.
    by_first_digits: Box<[u8]>,
    /// The origins of the table, and at the end the one of all other numbers.
    origins: Vec<NumberOrigin>,
    calling_codes: Vec<CallingCode>,
}

static PREFIX_TABLE: LazyLock<PrefixTable> = LazyLock::new(PrefixTable::new);

impl PrefixTable {
    fn new() -> Self {
        let network = |text: &&str| Plmn::from_digits(text).expect("the table has MCC and MNC only");
        let mut origins: Vec<NumberOrigin> = PREFIXES
            .iter()
            .map(|(_, code, networks)| NumberOrigin {
                calling_code: CallingCode::new(*code),
                networks: networks.iter().map(network).collect(),
            })
            .collect();
        let calling_codes = origins.iter().filter_map(|origin| origin.calling_code).collect();
        let elsewhere = origins.len() as u8;
        origins.push(NumberOrigin { calling_code: None, networks: vec![network(&INTERNATIONAL_NETWORK)] });

        let mut by_first_digits = vec![elsewhere; PREFIX_COUNT].into_boxed_slice();
        // Longer prefixes overwrite shorter ones.
        let mut by_length: Vec<usize> = (0..PREFIXES.len()).collect();
        by_length.sort_by_key(|index| PREFIXES[*index].0.len());
        for index in by_length {
            let prefix = PREFIXES[index].0;
            let width = 10_usize.pow(FIRST_DIGITS - prefix.len() as u32);
            let first = prefix.parse::<usize>().expect("the table has prefixes of digits only") * width;
            by_first_digits[first..first + width].fill(index as u8);
        }
        Self { by_first_digits, origins, calling_codes }
    }
}

fn first_digits(msisdn: Msisdn) -> usize {
    let number = msisdn.get();
    (number / 10_u64.pow(number.ilog10() + 1 - FIRST_DIGITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(digits: u64) -> &'static NumberOrigin {
        origin_of(Msisdn::new(digits).unwrap())
    }

    fn code(digits: u64) -> Option<u16> {
        origin(digits).calling_code.map(CallingCode::get)
    }

    #[test]
    fn the_longest_prefix_decides() {
        assert_eq!(origin(46_701_740_605).networks[0], Plmn::from_digits("24001").unwrap());
        assert_eq!(origin(12_025_550_123).networks[0], Plmn::from_digits("310260").unwrap());
        assert_eq!(origin(14_165_550_123).networks[0], Plmn::from_digits("302220").unwrap());
        assert_eq!((code(79_161_234_567), code(77_011_234_567)), (Some(7), Some(7)));
        assert_eq!(origin(77_011_234_567).networks[0].mcc(), 401);
        assert_eq!(code(420_601_123_456), Some(420));
        assert_eq!(code(4_212_345), Some(421));
    }

    #[test]
    fn a_number_outside_the_table_has_an_international_network() {
        assert_eq!(code(883_120_000_000), None);
        assert_eq!(origin(883_120_000_000).networks, [Plmn::from_digits("90128").unwrap()]);
    }

    #[test]
    fn a_full_imsi_gives_back_its_network() {
        for (_, _, networks) in PREFIXES {
            for network in *networks {
                let imsi = format!("{network:0<15}");
                assert_eq!(Plmn::from_imsi(&imsi), Plmn::from_digits(network), "{network}");
            }
        }
    }
}
