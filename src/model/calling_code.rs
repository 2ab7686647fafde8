//! Calling codes, which the service sends as locations.

use std::fmt;

/// A calling code such as 46. Some are shared by several countries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallingCode(u16);

impl CallingCode {
    /// The calling code with this number, 1 to 9999. ITU-T E.164 gives countries one to three
    /// digits, and shared networks (`883`) a fourth.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            1..=9999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The code as a number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CallingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
