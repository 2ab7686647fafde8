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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BareNumbers {
    /// Each is judged by itself: one that is a mobile number when read as international and a valid
    /// national mobile number of no region is complete; any other is refused.
    #[default]
    EachByItself,
    /// They are complete international numbers.
    International,
}
