//! One answer of the service, as read from the body of a response.

use super::{CallingCode, LookupResult, Plmn};

/// Which fields of an answer were sent but could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unreadable {
    /// `imsi` is neither empty nor a number of 5, 6 or 15 digits that names a network.
    pub imsi: bool,
    /// `location` is neither empty nor a calling code.
    pub location: bool,
}

/// One answer of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the service says about the number.
    pub result: LookupResult,
    /// The subscriber's network; only with [`LookupResult::Ok`].
    pub network: Option<Plmn>,
    /// Where the handset is; only with [`LookupResult::Ok`], and not always then.
    pub location: Option<CallingCode>,
    /// Fields that were sent but could not be read.
    pub unreadable: Unreadable,
}

impl Answer {
    /// An answer with a result and nothing else.
    #[must_use]
    pub const fn bare(result: LookupResult) -> Self {
        let unreadable = Unreadable { imsi: false, location: false };
        Self { result, network: None, location: None, unreadable }
    }
}
