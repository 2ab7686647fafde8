//! How numbers are read: what completes a national number, and what digits alone are.

use super::region::Region;

/// How numbers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NumberRules {
    /// The region that completes national numbers.
    pub region: Option<Region>,
    /// What digits without `+` or `00` are, where no region tells.
    pub bare: BareNumbers,
}

/// What digits without `+` or `00` are, where no region tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BareNumbers {
    /// Each is judged by itself: one that is a mobile number when read as international and a valid
    /// national mobile number of no region is complete; any other is refused.
    #[default]
    EachByItself,
    /// Digits alone are complete international numbers, and so are those that set off a calling
    /// code. Other groups of digits are national. This is how a list reads whose numbers show it.
    InternationalDigits,
    /// They are complete international numbers, whatever separates their digits.
    International,
}
