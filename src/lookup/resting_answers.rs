//! Answers between their arrival and the end of their connection's rest, and what follows when more
//! arrives than was asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::mpsc;

use super::StopReason;
use super::dispatcher::Attempt;
use super::pending_lookup::{Held, PendingLookup, RestingAnswer};
use super::worker::Shared;
use crate::model::{Msisdn, UtcMillis};
use crate::service::Service;

/// How many answers are taken at once.
const AT_ONCE: usize = 64;

impl<S: Service> Shared<S> {
    /// Hands an answer over until it is certain. The worker does not wait: the service has let go of
    /// the request, and the next one can be sent on another connection.
    pub(super) fn wait_for_rest(&self, lookup: PendingLookup, attempt: Attempt, held: Held) {
        let unsent = self.resting.send(Some((lookup, attempt, held)));
        if let Err(mpsc::error::SendError(Some((lookup, attempt, _)))) = unsent {
            self.give_up(lookup.after(attempt));
        }
    }

    /// Goes on with answers when their connections have rested. All rests are of one length, so they
    /// end in the order in which they began.
    pub(super) async fn confirm_answers(&self, mut resting: mpsc::UnboundedReceiver<Option<RestingAnswer>>) {
        let mut waiting = Vec::with_capacity(AT_ONCE);
        while resting.recv_many(&mut waiting, AT_ONCE).await > 0 {
            for resting in waiting.drain(..) {
                let Some((lookup, attempt, held)) = resting else { return };
                self.confirm(lookup, attempt, held).await;
            }
            self.take_doubts();
        }
    }

    async fn confirm(&self, lookup: PendingLookup, mut attempt: Attempt, held: Held) {
        match std::mem::take(&mut attempt.rest).finish().await {
            Ok(()) => self.surplus.confirmed(),
            Err(fault) => {
                self.counters.count_fault(&fault);
                attempt.result = Err(fault);
                self.count_surplus(attempt.endpoint);
            }
        }
        let msisdn = lookup.msisdn;
        if catch_unwind(AssertUnwindSafe(|| self.take_step(lookup, attempt, held))).is_err() {
            self.settle_after_panic(msisdn);
            self.task_died("a lookup");
        }
    }

    /// No further answer needs to be confirmed.
    pub(super) fn end_rests(&self) {
        // It fails if nobody confirms answers any more.
        let _ = self.resting.send(None);
    }

    fn count_surplus(&self, endpoint: usize) {
        if let Some(in_a_row) = self.surplus.counted() {
            let endpoint = self.dispatcher.service.endpoints()[endpoint].clone();
            self.stop_run(StopReason::SurplusBytes { endpoint, in_a_row });
        }
    }

    /// Takes back answers after which something else arrived when they had been given to their rows.
    pub(super) fn take_doubts(&self) {
        let doubts = self.dispatcher.service.take_doubts();
        let Some((endpoint, _)) = doubts.first() else { return };
        let endpoint = self.dispatcher.service.endpoints()[*endpoint].clone();
        let numbers: Vec<Msisdn> = doubts.iter().map(|(_, doubt)| doubt.msisdn).collect();
        self.ledger.withdraw(&numbers);
        let age = doubts.iter().map(|(_, doubt)| doubt.answered_at.elapsed()).max().unwrap_or_default();
        let since = UtcMillis(self.dispatcher.clock.utc().0 - age.as_millis() as i64);
        self.stop_run(StopReason::AnswersInDoubt { endpoint, numbers: numbers.len(), since });
    }
}
