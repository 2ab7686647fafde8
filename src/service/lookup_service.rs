//! What the lookup stage needs from a service.

use super::doubt::Doubt;
use super::rest::Rest;
use crate::model::{Answer, Fault, Msisdn};

/// An answer, and the rest of its connection that makes it certain.
#[derive(Debug)]
pub struct Received {
    /// What the service said.
    pub answer: Answer,
    /// To be waited for before the answer is used.
    pub rest: Rest,
}

impl From<Answer> for Received {
    /// An answer that is certain at once.
    fn from(answer: Answer) -> Self {
        Self { answer, rest: Rest::none() }
    }
}

/// A service that answers questions about numbers, at one or more endpoints.
pub trait Service: Send + Sync + 'static {
    /// The endpoints in order of preference, in the form that messages show. Never empty.
    fn endpoints(&self) -> &[String];

    /// Sends one request about one number to one endpoint. Neither retries nor limits the rate.
    ///
    /// The future may be dropped at any time; whether the request is billed is then unknown.
    fn look_up(
        &self,
        endpoint: usize,
        msisdn: Msisdn,
    ) -> impl Future<Output = Result<Received, Fault>> + Send;

    /// Answers given since the last call after whose rest something else arrived, with their
    /// endpoint.
    fn take_doubts(&self) -> Vec<(usize, Doubt)> {
        Vec::new()
    }

    /// Closes the connections that are not in use, after a last look at them.
    fn close_idle(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}
