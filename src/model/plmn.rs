//! Network codes: MCC and MNC, and how they are read and written.
//!
//! Names and countries of networks are in [`crate::numbering`].

/// How many digits a whole IMSI has in practice. ITU-T E.212 allows fewer, but no operator uses
/// them.
const FULL_IMSI_DIGITS: usize = 15;

/// The MCCs whose networks all, or nearly all, have three-digit MNCs, in ascending order: North
/// America and the Caribbean, and some countries of Latin America and Asia (ITU-T E.212, annex on
/// assigned codes). All others use two digits.
const MCCS_WITH_LONG_MNCS: [u16; 31] = [
    302, 310, 311, 312, 313, 314, 315, 316, 330, 334, 338, 342, 344, 346, 348, 352, 354, 356, 358, 360, 365,
    366, 376, 405, 708, 714, 722, 732, 738, 748, 750,
];

/// A mobile network code: MCC and MNC, as ITU-T E.212 defines them.
///
/// The number of MNC digits is kept, because MNC `08` is not `8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Plmn {
    mcc: u16,
    mnc: u16,
    mnc_digits: u8,
}

impl Plmn {
    /// The network that an `imsi` field names; `None` if it does not name one.
    ///
    /// The service sends MCC and MNC, five or six digits. A related service sends all 15 digits of
    /// the IMSI: then the MCC decides the length of the MNC, and the rest, which is personal data,
    /// is dropped.
    #[must_use]
    pub fn from_imsi(text: &str) -> Option<Self> {
        if text.len() != FULL_IMSI_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::from_digits(text);
        }
        let mcc: u16 = text[..3].parse().ok()?;
        let mnc_digits = if MCCS_WITH_LONG_MNCS.contains(&mcc) { 3 } else { 2 };
        Self::from_digits(&text[..3 + mnc_digits])
    }

    /// The network written as five or six digits, MCC first; `None` for anything else.
    #[must_use]
    pub fn from_digits(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !matches!(bytes.len(), 5 | 6) || !bytes.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let number = |digits: &[u8]| digits.iter().fold(0, |n, d| n * 10 + u16::from(d - b'0'));
        Some(Self { mcc: number(&bytes[..3]), mnc: number(&bytes[3..]), mnc_digits: bytes.len() as u8 - 3 })
    }

    /// The network with these codes; `None` if MCC or MNC has too many digits.
    #[must_use]
    pub const fn new(mcc: u16, mnc: u16, mnc_digits: u8) -> Option<Self> {
        let fits = match mnc_digits {
            2 => mnc < 100,
            3 => mnc < 1000,
            _ => false,
        };
        if fits && mcc < 1000 { Some(Self { mcc, mnc, mnc_digits }) } else { None }
    }

    /// The MCC as a number, 0 to 999.
    #[must_use]
    pub const fn mcc(self) -> u16 {
        self.mcc
    }

    /// The MNC as a number, 0 to 999.
    #[must_use]
    pub const fn mnc(self) -> u16 {
        self.mnc
    }

    /// How many digits the MNC has: 2 or 3.
    #[must_use]
    pub const fn mnc_digits(self) -> u8 {
        self.mnc_digits
    }

    /// The three digits of the MCC.
    #[must_use]
    pub fn mcc_text(self) -> String {
        format!("{:03}", self.mcc)
    }

    /// The two or three digits of the MNC.
    #[must_use]
    pub fn mnc_text(self) -> String {
        format!("{:0width$}", self.mnc, width = self.mnc_digits.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnc_keeps_its_digits() {
        let telenor = Plmn::from_digits("24008").unwrap();
        assert_eq!((telenor.mcc_text(), telenor.mnc_text()), ("240".into(), "08".into()));
        let verizon = Plmn::from_digits("310010").unwrap();
        assert_eq!((verizon.mcc_text(), verizon.mnc_text()), ("310".into(), "010".into()));
        assert_ne!(Plmn::from_digits("50557"), Plmn::from_digits("505057"));
    }

    #[test]
    fn of_a_whole_imsi_only_the_network_is_kept() {
        assert_eq!(Plmn::from_imsi("240080123456789"), Plmn::from_digits("24008"));
        assert_eq!(Plmn::from_imsi("310260123456789"), Plmn::from_digits("310260"));
        assert_eq!(Plmn::from_imsi("24008"), Plmn::from_digits("24008"));
    }

    #[test]
    fn a_text_that_is_not_a_network_is_refused() {
        for text in ["", "2400", "2400888", "24o08", "240 8", "24008012345678", "24008012345678x"] {
            assert_eq!(Plmn::from_imsi(text), None, "{text:?}");
        }
    }
}
