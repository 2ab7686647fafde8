//! What the lookup stage needs from a service.

use crate::model::{Answer, Fault, Msisdn};

/// A service that answers questions about numbers, at one or more endpoints.
pub trait Service: Send + Sync + 'static {
    /// The endpoints in order of preference, in the form that messages show. Never empty.
    fn endpoints(&self) -> &[String];

    /// Sends one request about one number to one endpoint. Neither retries nor limits the rate.
    ///
    /// The future may be dropped at any time; whether the request is billed is then unknown.
    fn look_up(&self, endpoint: usize, msisdn: Msisdn) -> impl Future<Output = Result<Answer, Fault>> + Send;
}
