//! Refusals in a row: one is about its number, many are about the account.
//!
//! A service without credit may say so in words that nobody has documented, and for every number.
//! Each such answer would be taken for the row's, and perhaps be paid for. So an unbroken run of
//! them stops the job, and its answers are taken back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::{AcceptedResults, Answer, Fault, FaultKind, LookupResult, Msisdn};
use crate::sync;

/// This many 403 without an answer between them are about the account.
const FORBIDDEN_IN_A_ROW: u32 = 20;
/// By this many requests without another result, the run has stopped, those in flight included; with
/// more than 350 in flight, by [`BELIEVED`] more than these.
const REFUSED_AT_MOST: usize = 500;
/// Fewer refusals than this are believed to be about their numbers, however many are in flight.
const BELIEVED: usize = 150;
/// As many refusals as this stop the run, however few are in flight.
const NOT_BELIEVED: usize = 350;

/// Counts refusals in a row.
#[derive(Debug)]
pub(in crate::lookup) struct Refusals {
    accepted: AcceptedResults,
    /// How many answers in a row that are no more than a refusal stop the run.
    limit: usize,
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
    pub(in crate::lookup) fn new(accepted: AcceptedResults, concurrency: usize) -> Self {
        let limit = REFUSED_AT_MOST.saturating_sub(concurrency).clamp(BELIEVED, NOT_BELIEVED);
        Self { accepted, limit, is_counting: AtomicBool::new(false), in_a_row: Mutex::default() }
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
        if in_a_row.refused.len() < self.limit {
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
        let refusals = Refusals::new(AcceptedResults::default(), 10);
        let words = ["NO_CREDIT", "IMSI_LOOKUP_BLOCKED", "NO CREDIT LEFT"].map(answer);
        let verdicts = count_all(&refusals, words.iter().cycle().take(352).cloned());
        let expected: Vec<_> = (0..350).map(number).collect();
        assert_eq!(verdicts, [Verdict::Blocked(expected), Verdict::StillBlocked, Verdict::StillBlocked]);
        assert_eq!(count_all(&refusals, [answer("OK"), answer("NO_CREDIT")]), [Verdict::StillBlocked]);
    }

    #[test]
    fn what_is_in_flight_counts_before_it_comes() {
        for (concurrency, limit) in [(1, 350), (150, 350), (200, 300), (350, 150), (2_000, 150)] {
            let refusals = Refusals::new(AcceptedResults::default(), concurrency);
            let stops = (1..).find(|&n| refusals.count(number(n), &answer("NO_CREDIT")) != Verdict::Usual);
            assert_eq!(stops, Some(limit), "{concurrency}");
        }
    }

    #[test]
    fn any_other_answer_ends_a_run_and_the_networks_words_do_not_count() {
        let refusals = Refusals::new(AcceptedResults::default(), 10);
        for text in ["OK", "UNKNOWN_SUBSCRIBER", "HLR_REJECT", "TIMEOUT", "msisdn is invalid"] {
            let results = (0..3_000).map(|n| if n % 300 == 0 { answer(text) } else { answer("NO_CREDIT") });
            assert_eq!(count_all(&refusals, results), [], "{text}");
            let alone = (0..3_000).map(|_| answer(text));
            assert_eq!(count_all(&refusals, alone), [], "{text}");
        }
        for text in ["MSISDN range is not accepted", "REQUEST_THROTTLED"] {
            let refusals = Refusals::new(AcceptedResults::default(), 10);
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
        let refusals = Refusals::new(accepted, 10);
        let words = ["IMSI_LOOKUP_BLOCKED", "PORTED_OUT"].map(answer);
        assert_eq!(count_all(&refusals, words.iter().cycle().take(2_000).cloned()), []);
        assert_eq!(count_all(&refusals, (0..350).map(|_| answer("PORTED"))).len(), 1);
    }

    #[test]
    fn twenty_times_403_without_an_answer_are_the_accounts() {
        let refusals = Refusals::new(AcceptedResults::default(), 10);
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
