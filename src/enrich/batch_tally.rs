//! The counts of one batch: plain integers, added to the atomics of the run once, when the batch is
//! done.

use super::outcome_text;
use crate::lookup::Reply;
use crate::model::{LookupResult, Money, Msisdn, NumberRange, Outcome, Source, Status};
use crate::numbering::Refusal;
use crate::telemetry::Counters;
use crate::telemetry::breakdown::{BreakdownCounts, BreakdownKey, BreakdownTally};

/// The counts of one batch; the fields are those of [`Counters`].
#[derive(Debug, Default)]
pub(super) struct BatchTally {
    rows: u64,
    invalid: u64,
    duplicates: u64,
    from_ledger: u64,
    answered: u64,
    unanswered: u64,
    carried: u64,
    duplicates_cost: Money,
    from_ledger_cost: Money,
    by_status: [u64; Status::ALL.len()],
    by_result: [u64; LookupResult::DOCUMENTED.len() + 1],
    refused: [u64; Refusal::ALL.len()],
    breakdown: BreakdownTally,
}

impl BatchTally {
    /// Counts a row without a number that can be looked up.
    pub(super) fn count_refused(&mut self, refusal: Refusal) {
        self.rows += 1;
        self.invalid += 1;
        self.refused[refusal.index()] += 1;
        self.by_status[Status::Invalid as usize] += 1;
    }

    /// Counts a row that keeps the verdict of an earlier run.
    pub(super) fn count_carried(&mut self, status: Status) {
        self.rows += 1;
        self.carried += 1;
        self.by_status[status as usize] += 1;
    }

    /// Counts a row whose number went through the lookup stage.
    pub(super) fn count_asked(&mut self, msisdn: Msisdn, reply: &Reply, status: Status) {
        self.rows += 1;
        let class = match (&reply.outcome, reply.source) {
            (Outcome::Unanswered(_), _) => &mut self.unanswered,
            (Outcome::Answered(_), Source::Duplicate) => &mut self.duplicates,
            (Outcome::Answered(_), Source::Ledger) => &mut self.from_ledger,
            (Outcome::Answered(_), Source::Live | Source::None) => &mut self.answered,
        };
        *class += 1;
        self.by_status[status as usize] += 1;
        if let Some(result) = outcome_text::last_result(&reply.outcome) {
            self.by_result[result.index()] += 1;
        }
        self.count_breakdown(msisdn, reply, status);
    }

    /// Counts what a row saved, by where its answer comes from.
    pub(super) fn count_saved(&mut self, source: Source, saved: Money) {
        match source {
            Source::Duplicate => self.duplicates_cost += saved,
            Source::Ledger => self.from_ledger_cost += saved,
            Source::Live | Source::None => {}
        }
    }

    fn count_breakdown(&mut self, msisdn: Msisdn, reply: &Reply, status: Status) {
        let (network, attempts) = match &reply.outcome {
            Outcome::Answered(answered) => (answered.answer.network, answered.attempts),
            Outcome::Unanswered(unanswered) => (None, unanswered.attempts),
        };
        // Only one of the rows with the same number sent the requests.
        let attempts = if reply.source == Source::Live { attempts.into() } else { 0 };
        let key = BreakdownKey { range: NumberRange::of(msisdn), network, status };
        self.breakdown.entry(key).or_default().add(BreakdownCounts { rows: 1, attempts, cost: reply.cost });
    }

    /// Adds all counts to those of the run.
    pub(super) fn add_to(self, counters: &Counters) {
        self.add_rows_to(counters);
        counters.breakdown.add(self.breakdown);
    }

    /// Adds all counts to those of one stream, without the ranges.
    pub(super) fn add_rows_to(&self, counters: &Counters) {
        counters.invalid.add(self.invalid);
        counters.duplicates.add(self.duplicates);
        counters.from_ledger.add(self.from_ledger);
        counters.answered.add(self.answered);
        counters.unanswered.add(self.unanswered);
        counters.carried.add(self.carried);
        counters.duplicates_cost.add(self.duplicates_cost.billionths());
        counters.from_ledger_cost.add(self.from_ledger_cost.billionths());
        counters.by_status.iter().zip(self.by_status).for_each(|(count, rows)| count.add(rows));
        counters.by_result.iter().zip(self.by_result).for_each(|(count, rows)| count.add(rows));
        for (refusal, rows) in Refusal::ALL.iter().zip(self.refused).filter(|(_, rows)| *rows > 0) {
            counters.count_refused(refusal.text(), rows);
        }
        counters.rows.add(self.rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::test_replies::{answered, unanswered};

    #[test]
    fn every_row_is_in_one_class() {
        let counters = Counters::default();
        let msisdn = Msisdn::new(46_701_740_605).unwrap();
        let mut tally = BatchTally::default();
        tally.count_refused(Refusal::TooShort);
        tally.count_carried(Status::Dead);
        for source in [Source::Live, Source::Ledger, Source::Ledger, Source::Duplicate] {
            tally.count_asked(msisdn, &answered(LookupResult::Ok, source), Status::Reachable);
            tally.count_saved(source, Money::from_billionths(7));
        }
        tally.count_asked(msisdn, &unanswered(Source::Live), Status::NotChecked);
        assert_eq!(counters.snapshot().rows, 0, "nothing is counted before the batch is done");
        tally.add_to(&counters);
        let counts = counters.snapshot();
        assert!(counts.adds_up());
        assert_eq!((counts.rows, counts.invalid, counts.carried, counts.unanswered), (7, 1, 1, 1));
        assert_eq!((counts.answered, counts.from_ledger, counts.duplicates), (1, 2, 1));
        assert_eq!(counts.costs.saved_by_ledger.billionths(), 14);
        assert_eq!(counts.costs.saved_by_duplicates.billionths(), 7);
        assert_eq!(counts.refused["too_short"], 1);
        assert_eq!(counts.by_result["OK"], 4);
    }

    #[test]
    fn requests_are_counted_for_the_row_that_sent_them() {
        let counters = Counters::default();
        let msisdn = Msisdn::new(46_701_740_605).unwrap();
        let mut tally = BatchTally::default();
        for source in [Source::Live, Source::Duplicate] {
            tally.count_asked(msisdn, &answered(LookupResult::Ok, source), Status::Reachable);
        }
        tally.add_to(&counters);
        let breakdown = counters.breakdown.counts();
        assert_eq!(breakdown.len(), 1);
        assert_eq!(breakdown[0].0.range, NumberRange::of(msisdn));
        assert_eq!((breakdown[0].1.rows, breakdown[0].1.attempts), (2, 1));
    }
}
