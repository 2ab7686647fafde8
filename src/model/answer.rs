//! One answer of the service, as it was read from its body.

use super::{CallingCode, LookupResult, Plmn};

/// Which fields of an answer were there but could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unreadable {
    /// `imsi` was neither empty nor a number of 5, 6 or 15 digits that names a network.
    pub imsi: bool,
    /// `location` was neither empty nor a calling code.
    pub location: bool,
}

/// One body of the service, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The service's word.
    pub result: LookupResult,
    /// The subscriber's network; only with [`LookupResult::Ok`].
    pub network: Option<Plmn>,
    /// Where the handset is; only with [`LookupResult::Ok`], and not always then.
    pub location: Option<CallingCode>,
    /// Fields that were sent and not understood.
    pub unreadable: Unreadable,
}

impl Answer {
    /// An answer that is a bare result.
    #[must_use]
    pub const fn bare(result: LookupResult) -> Self {
        let unreadable = Unreadable { imsi: false, location: false };
        Self { result, network: None, location: None, unreadable }
    }
}
