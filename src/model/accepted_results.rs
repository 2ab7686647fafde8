//! Results that are no answer unless the user says so.

use super::LookupResult;

/// The results that the user accepts as answers although they look like refusals: texts that the
/// interface document does not list, and `IMSI_LOOKUP_BLOCKED`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptedResults(Vec<LookupResult>);

impl AcceptedResults {
    /// These results, in the words of the service.
    pub fn new(texts: impl IntoIterator<Item: AsRef<str>>) -> Self {
        Self(texts.into_iter().map(|text| LookupResult::from_text(text.as_ref())).collect())
    }

    /// Whether a result may be about the account, and not about the number.
    #[must_use]
    pub fn refuses(&self, result: &LookupResult) -> bool {
        *result == LookupResult::ImsiLookupBlocked && !self.0.contains(result) || self.is_unknown(result)
    }

    /// Whether nobody knows what a result means.
    #[must_use]
    pub fn is_unknown(&self, result: &LookupResult) -> bool {
        matches!(result, LookupResult::Unrecognised(_)) && !self.0.contains(result)
    }
}
