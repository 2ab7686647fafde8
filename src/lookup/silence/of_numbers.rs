//! What workers tell the health of the endpoints about numbers that stall.

use super::super::dispatcher::Attempt;
use super::super::pending_lookup::PendingLookup;
use super::super::worker::Shared;
use crate::model::FaultKind;
use crate::service::Service;

impl<S: Service> Shared<S> {
    /// Whether a number makes way for others, because no endpoint answers.
    pub(in crate::lookup) fn waits_for_others(&self, lookup: &PendingLookup) -> bool {
        lookup.has_stalled && self.stalled.has_others() && self.dispatcher.health.prefers_others()
    }

    /// A number that is settled may have been the last one that says something about the service.
    pub(in crate::lookup) fn number_ends(&self, lookup: &PendingLookup) {
        if self.stalled.ends(lookup) {
            self.dispatcher.health.only_stalled_are_left(true);
        }
    }

    /// A number that stalls may have been the last one, too.
    pub(in crate::lookup) fn number_waits_again(&self, lookup: &mut PendingLookup, attempt: &Attempt) {
        let has_stalled = attempt.result.as_ref().is_err_and(|fault| fault.kind == FaultKind::Stalled);
        if let Some(only_stalled) = self.stalled.waits_again(lookup, has_stalled) {
            self.dispatcher.health.only_stalled_are_left(only_stalled);
        }
    }
}
