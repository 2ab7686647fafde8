//! Refusals in a row: one is about its number, many are about the account.
//!
//! A service without credit may say so in words that nobody has documented, and for every number.
//! Each such answer would be taken for the row's, and perhaps be paid for. So an unbroken run of
//! them stops the job, and its answers are taken back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::model::{AcceptedResults, Answer, Fault, FaultKind, LookupResult, Msisdn};
use crate::sync;

/// This many 403 without an answer between them are about the account.
const FORBIDDEN_IN_A_ROW: u32 = 20;
/// This many answers in a row that are no more than a refusal stop the run.
const REFUSED_IN_A_ROW: usize = 350;
/// What was refused in a row and what is in flight are no more than this together: nothing more is
/// sent until a further answer shows whether the account is blocked.
const REFUSED_AT_MOST: usize = 500;
/// Fewer refusals in a row than this hold nothing back.
const SUSPICIOUS: usize = 25;

/// Counts refusals in a row.
#[derive(Debug)]
pub(in crate::lookup) struct Refusals {
    accepted: AcceptedResults,
    in_flight: AtomicUsize,
    /// A request has ended, or an answer has ended a run of refusals.
    has_changed: Notify,
    /// Whether something is counted. If not, no lock is taken.
    is_counting: AtomicBool,
    in_a_row: Mutex<InARow>,
}

#[derive(Debug, Default)]
struct InARow {
    forbidden: u32,
    /// The numbers of answers that are refusals.
    refused: Vec<Msisdn>,
    has_stopped: bool,
}

/// What an attempt says about the account.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::lookup) enum Verdict {
    /// Nothing.
    Usual,
    /// Status 403, this many times without an answer between.
    Forbidden(u32),
    /// The service has nothing but refusals. The answers of these numbers are to be taken back.
    Blocked(Vec<Msisdn>),
    /// A refusal that came after [`Self::Blocked`]: it is not an answer.
    StillBlocked,
}

impl Refusals {
    pub(in crate::lookup) fn new(accepted: AcceptedResults) -> Arc<Self> {
        Arc::new(Self {
            accepted,
            in_flight: AtomicUsize::new(0),
            has_changed: Notify::new(),
            is_counting: AtomicBool::new(false),
            in_a_row: Mutex::default(),
        })
    }

    /// Begins a request, unless an answer must be waited for first: see [`Self::changed`].
    pub(in crate::lookup) fn begin(self: &Arc<Self>) -> Option<RequestInFlight> {
        let in_flight = self.in_flight.fetch_add(1, Ordering::AcqRel) + 1;
        if self.is_counting.load(Ordering::Acquire) && sync::lock(&self.in_a_row).holds_back(in_flight) {
            self.in_flight.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        Some(RequestInFlight(Arc::clone(self)))
    }

    /// Waits until a request may begin again, or might.
    pub(in crate::lookup) async fn changed(self: &Arc<Self>) {
        let mut changed = std::pin::pin!(self.has_changed.notified());
        changed.as_mut().enable();
        // What has changed before this was waited for wakes nobody.
        if self.begin().is_none() {
            changed.await;
        }
    }

    /// Counts an attempt.
    pub(in crate::lookup) fn count(&self, msisdn: Msisdn, result: &Result<Answer, Fault>) -> Verdict {
        match result {
            Err(fault) if fault.kind == FaultKind::Forbidden => self.forbidden(),
            // They say nothing about the account.
            Err(_) => Verdict::Usual,
            Ok(answer) => match answer.result {
                LookupResult::RequestThrottled | LookupResult::RangeNotAccepted => Verdict::Usual,
                ref result if self.accepted.refuses(result) => self.refused(msisdn),
                _ => {
                    self.reset();
                    Verdict::Usual
                }
            },
        }
    }

    fn forbidden(&self) -> Verdict {
        self.is_counting.store(true, Ordering::Relaxed);
        let mut in_a_row = sync::lock(&self.in_a_row);
        in_a_row.forbidden += 1;
        match in_a_row.forbidden {
            count if count >= FORBIDDEN_IN_A_ROW => Verdict::Forbidden(count),
            _ => Verdict::Usual,
        }
    }

    fn refused(&self, msisdn: Msisdn) -> Verdict {
        self.is_counting.store(true, Ordering::Relaxed);
        let mut in_a_row = sync::lock(&self.in_a_row);
        if in_a_row.has_stopped {
            return Verdict::StillBlocked;
        }
        in_a_row.refused.push(msisdn);
        if in_a_row.refused.len() < REFUSED_IN_A_ROW {
            return Verdict::Usual;
        }
        in_a_row.has_stopped = true;
        Verdict::Blocked(std::mem::take(&mut in_a_row.refused))
    }

    /// After another answer. Once the run has stopped, it stays so.
    fn reset(&self) {
        if self.is_counting.load(Ordering::Relaxed) {
            let mut in_a_row = sync::lock(&self.in_a_row);
            let has_stopped = in_a_row.has_stopped;
            *in_a_row = InARow { has_stopped, ..InARow::default() };
            self.is_counting.store(has_stopped, Ordering::Relaxed);
            drop(in_a_row);
            self.has_changed.notify_waiters();
        }
    }
}

impl InARow {
    fn holds_back(&self, in_flight: usize) -> bool {
        let refused = self.refused.len();
        refused >= SUSPICIOUS && refused + in_flight > REFUSED_AT_MOST
    }
}

/// A request from its turn until its result is counted.
#[derive(Debug)]
pub(in crate::lookup) struct RequestInFlight(Arc<Refusals>);

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
        if self.0.is_counting.load(Ordering::Acquire) {
            self.0.has_changed.notify_waiters();
        }
    }
}

/// Whether an attempt's answer can be its row's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lookup) enum AccountState {
    Usual,
    /// The service refuses everything, so this is not an answer.
    Blocked,
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use super::*;
    use crate::model::Billed;

    fn number(n: u64) -> Msisdn {
        Msisdn::new(46_700_000_000 + n).unwrap()
    }

    fn answer(text: &str) -> Result<Answer, Fault> {
        Ok(Answer::bare(LookupResult::from_text(text)))
    }

    fn forbidden() -> Result<Answer, Fault> {
        Err(Fault { kind: FaultKind::Forbidden, billed: Billed::No, retry_after: None })
    }

    fn count_all(
        refusals: &Refusals,
        results: impl IntoIterator<Item = Result<Answer, Fault>>,
    ) -> Vec<Verdict> {
        let verdicts =
            results.into_iter().enumerate().map(|(n, result)| refusals.count(number(n as u64), &result));
        verdicts.filter(|verdict| *verdict != Verdict::Usual).collect()
    }

    #[test]
    fn a_run_of_refusals_stops_once_and_takes_their_answers_back() {
        let refusals = Refusals::new(AcceptedResults::default());
        let words = ["NO_CREDIT", "IMSI_LOOKUP_BLOCKED", "NO CREDIT LEFT"].map(answer);
        let verdicts = count_all(&refusals, words.iter().cycle().take(352).cloned());
        let expected: Vec<_> = (0..350).map(number).collect();
        assert_eq!(verdicts, [Verdict::Blocked(expected), Verdict::StillBlocked, Verdict::StillBlocked]);
        assert_eq!(count_all(&refusals, [answer("OK"), answer("NO_CREDIT")]), [Verdict::StillBlocked]);
    }

    /// Sends as long as it may, up to `concurrency`, and answers the oldest. Returns how many were
    /// sent before the run stopped.
    fn sent_until_stopped(concurrency: usize, sent_before: usize) -> usize {
        let refusals = Refusals::new(AcceptedResults::default());
        let mut in_flight: VecDeque<_> = (0..sent_before).map(|_| refusals.begin().unwrap()).collect();
        let mut sent = sent_before;
        for n in 1.. {
            while in_flight.len() < concurrency
                && let Some(request) = refusals.begin()
            {
                in_flight.push_back(request);
                sent += 1;
            }
            let verdict = refusals.count(number(n), &answer("NO_CREDIT"));
            drop(in_flight.pop_front());
            if verdict != Verdict::Usual {
                break;
            }
        }
        sent
    }

    #[test]
    fn at_most_500_requests_are_refused_however_many_may_be_in_flight() {
        for (concurrency, sent) in [(1, 350), (100, 449), (151, 500), (350, 500), (475, 500)] {
            assert_eq!(sent_until_stopped(concurrency, 0), sent, "{concurrency}");
        }
        // Those that were in flight before the first refusal are refused all the same; after 24
        // nothing follows.
        assert_eq!(sent_until_stopped(2_000, 2_000), 2_024);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_go_on_after_another_answer_or_an_end() {
        let refusals = Refusals::new(AcceptedResults::default());
        let mut in_flight: Vec<_> = (0..480).map(|_| refusals.begin().unwrap()).collect();
        count_all(&refusals, (0..25).map(|_| answer("NO_CREDIT")));
        assert!(refusals.begin().is_none(), "25 refused and 481 in flight");
        let waits = tokio::time::timeout(Duration::from_secs(60), refusals.changed());
        assert!(waits.await.is_err());
        let (_, ()) = tokio::join!(refusals.changed(), async { in_flight.truncate(470) });
        assert!(refusals.begin().is_some(), "25 refused and 471 in flight");
        in_flight.extend((0..5).map(|_| refusals.begin().unwrap()));
        assert!(refusals.begin().is_none());
        let (_, verdicts) = tokio::join!(refusals.changed(), async { count_all(&refusals, [answer("OK")]) });
        assert_eq!(verdicts, []);
        assert!(refusals.begin().is_some(), "an answer ends the run");
    }

    #[test]
    fn any_other_answer_ends_a_run_and_the_networks_words_do_not_count() {
        let refusals = Refusals::new(AcceptedResults::default());
        for text in ["OK", "UNKNOWN_SUBSCRIBER", "HLR_REJECT", "TIMEOUT", "msisdn is invalid"] {
            let results = (0..3_000).map(|n| if n % 300 == 0 { answer(text) } else { answer("NO_CREDIT") });
            assert_eq!(count_all(&refusals, results), [], "{text}");
            let alone = (0..3_000).map(|_| answer(text));
            assert_eq!(count_all(&refusals, alone), [], "{text}");
        }
        for text in ["MSISDN range is not accepted", "REQUEST_THROTTLED"] {
            let refusals = Refusals::new(AcceptedResults::default());
            assert_eq!(count_all(&refusals, (0..3_000).map(|_| answer(text))), [], "{text}");
            let results = (0..600).map(|n| if n % 2 == 0 { answer(text) } else { answer("NO_CREDIT") });
            assert_eq!(count_all(&refusals, results), [], "{text} does not count");
            let more = (0..50).map(|_| answer("NO_CREDIT"));
            assert_eq!(count_all(&refusals, more).len(), 1, "{text} ends no run");
        }
    }

    #[test]
    fn words_that_the_user_accepts_are_answers() {
        let accepted = AcceptedResults::new(["IMSI_LOOKUP_BLOCKED", "PORTED_OUT"]);
        let refusals = Refusals::new(accepted);
        let words = ["IMSI_LOOKUP_BLOCKED", "PORTED_OUT"].map(answer);
        assert_eq!(count_all(&refusals, words.iter().cycle().take(2_000).cloned()), []);
        assert_eq!(count_all(&refusals, (0..350).map(|_| answer("PORTED"))).len(), 1);
    }

    #[test]
    fn twenty_times_403_without_an_answer_are_the_accounts() {
        let refusals = Refusals::new(AcceptedResults::default());
        let stalled = || Err(Fault { kind: FaultKind::Stalled, billed: Billed::Maybe, retry_after: None });
        for between in [answer("OK"), answer("TIMEOUT")] {
            let results = (0..400).map(|n| if n % 20 == 0 { between.clone() } else { forbidden() });
            assert_eq!(count_all(&refusals, results), []);
        }
        assert_eq!(count_all(&refusals, [answer("OK")]), []);
        let results = (0..39).map(|n| if n % 2 == 0 { forbidden() } else { stalled() });
        assert_eq!(count_all(&refusals, results), [Verdict::Forbidden(20)]);
    }
}
