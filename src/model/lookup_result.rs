//! The 18 results that the provider's interface document lists, and the status of each.
//!
//! How they are sent is in [`crate::service`]; how they are handled in [`crate::lookup`].

use std::sync::Arc;

use super::{ForeignText, Product, Status};

/// What the service says about a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LookupResult {
    /// The request was successful.
    Ok,
    /// The data was missing.
    DataMissing,
    /// The subscriber is unknown.
    UnknownSubscriber,
    /// The service is restricted by the destination network.
    CallBarred,
    /// The subscriber is absent.
    AbsentSubscriberSm,
    /// An unexpected data value in the request.
    UnexpectedDataValue,
    /// A system failure occurred in the HLR.
    SystemFailure,
    /// Short message facility is not supported.
    FacilityNotSupported,
    /// SMS teleservice is not provisioned.
    TeleServiceNotProvisioned,
    /// The HLR request was rejected.
    HlrReject,
    /// The HLR or another entity aborted the request; no response was received.
    HlrAbort,
    /// No response for the HLR request was received.
    HlrLocalCancel,
    /// No response to the request was received.
    Timeout,
    /// Maximum ongoing requests exceeded: the number was not looked up.
    RequestThrottled,
    /// The request is blocked.
    ImsiLookupBlocked,
    /// A mandatory parameter is missing in the request: a fault of the client.
    MandatoryParameterMissing,
    /// Numbers of this range are not allowed on this service.
    RangeNotAccepted,
    /// Wrong format of the MSISDN parameter.
    MsisdnInvalid,
    /// A text that the interface document does not list, kept unchanged.
    Unrecognised(Arc<str>),
}

/// The result that takes back every older answer of a number in a store of shared answers: they
/// may have belonged to another number.
pub(crate) const WITHDRAWN: &str = "WITHDRAWN";

impl LookupResult {
    /// Whether it takes back older answers. No service sends it.
    #[must_use]
    pub(crate) fn is_withdrawal(&self) -> bool {
        matches!(self, Self::Unrecognised(text) if **text == *WITHDRAWN)
    }

    /// The 18 results of the interface document, in its order.
    pub const DOCUMENTED: [Self; 18] = [
        Self::Ok,
        Self::DataMissing,
        Self::UnknownSubscriber,
        Self::CallBarred,
        Self::AbsentSubscriberSm,
        Self::UnexpectedDataValue,
        Self::SystemFailure,
        Self::FacilityNotSupported,
        Self::TeleServiceNotProvisioned,
        Self::HlrReject,
        Self::HlrAbort,
        Self::HlrLocalCancel,
        Self::Timeout,
        Self::RequestThrottled,
        Self::ImsiLookupBlocked,
        Self::MandatoryParameterMissing,
        Self::RangeNotAccepted,
        Self::MsisdnInvalid,
    ];

    /// The service's own text, for data. Messages show [`Self::shown`].
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Ok => "OK",
            Self::DataMissing => "DATA_MISSING",
            Self::UnknownSubscriber => "UNKNOWN_SUBSCRIBER",
            Self::CallBarred => "CALL_BARRED",
            Self::AbsentSubscriberSm => "ABSENT_SUBSCRIBER_SM",
            Self::UnexpectedDataValue => "UNEXPECTED_DATA_VALUE",
            Self::SystemFailure => "SYSTEM_FAILURE",
            Self::FacilityNotSupported => "FACILITY_NOT_SUPPORTED",
            Self::TeleServiceNotProvisioned => "TELE_SERVICE_NOT_PROVISIONED",
            Self::HlrReject => "HLR_REJECT",
            Self::HlrAbort => "HLR_ABORT",
            Self::HlrLocalCancel => "HLR_LOCAL_CANCEL",
            Self::Timeout => "TIMEOUT",
            Self::RequestThrottled => "REQUEST_THROTTLED",
            Self::ImsiLookupBlocked => "IMSI_LOOKUP_BLOCKED",
            Self::MandatoryParameterMissing => "Mandatory parameter msisdn not found",
            Self::RangeNotAccepted => "MSISDN range is not accepted",
            Self::MsisdnInvalid => "msisdn is invalid",
            Self::Unrecognised(text) => text,
        }
    }

    /// The service's own text, as messages and reports show it.
    #[must_use]
    pub fn shown(&self) -> ForeignText<'_> {
        ForeignText(self.text())
    }

    /// The result with this text; a text that is not documented is kept as [`Self::Unrecognised`].
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let documented = Self::DOCUMENTED.iter().find(|result| result.text() == text);
        documented.cloned().unwrap_or_else(|| Self::Unrecognised(text.into()))
    }

    /// The index in [`Self::DOCUMENTED`], or 18 for a text that is not documented.
    #[must_use]
    pub fn index(&self) -> usize {
        Self::DOCUMENTED.iter().position(|result| result == self).unwrap_or(Self::DOCUMENTED.len())
    }

    /// What this result means for the subscriber, given the product that was used.
    #[must_use]
    pub fn status(&self, product: Product) -> Status {
        match self {
            Self::Ok => match product {
                Product::RealTime => Status::Reachable,
                Product::Portability => Status::Assigned,
            },
            Self::AbsentSubscriberSm => Status::Absent,
            Self::CallBarred | Self::FacilityNotSupported | Self::TeleServiceNotProvisioned => {
                Status::NoService
            }
            Self::UnknownSubscriber => Status::Dead,
            Self::DataMissing
            | Self::UnexpectedDataValue
            | Self::SystemFailure
            | Self::HlrReject
            | Self::HlrAbort
            | Self::HlrLocalCancel
            | Self::Timeout
            | Self::Unrecognised(_) => Status::Unknown,
            Self::RequestThrottled
            | Self::ImsiLookupBlocked
            | Self::MandatoryParameterMissing
            | Self::RangeNotAccepted
            | Self::MsisdnInvalid => Status::NotChecked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_text_is_read_back() {
        for (index, result) in LookupResult::DOCUMENTED.iter().enumerate() {
            assert_eq!(&LookupResult::from_text(result.text()), result);
            assert_eq!(result.index(), index);
        }
    }

    #[test]
    fn an_undocumented_text_is_kept_unchanged() {
        let result = LookupResult::from_text("HLR_On_Fire");
        assert_eq!(result.text(), "HLR_On_Fire");
        assert_eq!(result.index(), 18);
        assert_eq!(result.status(Product::RealTime), Status::Unknown);
    }

    #[test]
    fn the_status_of_ok_depends_on_the_product() {
        assert_eq!(LookupResult::Ok.status(Product::RealTime), Status::Reachable);
        assert_eq!(LookupResult::Ok.status(Product::Portability), Status::Assigned);
    }
}
