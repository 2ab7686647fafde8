//! The counts of a run: [`Counters`] while it goes on, and a [`Snapshot`] of them for the summary
//! and the report.
//!
//! Every row that is done is in exactly one of six classes:
//! rows = invalid + carried + duplicates + from ledger + answered + unanswered.
//!
//! Each count is declared once, in the list at the end of this file. The list says where the count
//! appears, so that none can be counted and then forgotten in the summary. The order of the list is
//! the order of the JSON keys.

use std::collections::BTreeMap;

use super::breakdown::Breakdown;
use super::count::{Count, WordCounts, by_name};
use super::latency::Latencies;
use crate::model::{Fault, LookupResult, Money, Status};
use crate::pricing::Charge;

/// What results that no document lists are counted under.
const UNDOCUMENTED: &str = "(undocumented)";

impl Counters {
    /// Counts a request that failed.
    pub fn count_fault(&self, fault: &Fault) {
        self.faults.add(fault.kind.word(), 1);
    }

    /// Counts what a request added to the bill.
    pub fn count_charge(&self, charge: Charge) {
        match charge {
            Charge::Free => {}
            Charge::Billed(amount) => {
                self.billed.add(1);
                self.billed_cost.add(amount.billionths());
            }
            Charge::Maybe(amount) => {
                self.maybe_billed.add(1);
                self.maybe_billed_cost.add(amount.billionths());
            }
        }
    }

    /// Counts rows that were refused for this reason.
    pub fn count_refused(&self, reason: &'static str, rows: u64) {
        self.refused.add(reason.into(), rows);
    }
}

impl Snapshot {
    /// How many rows have this status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> u64 {
        self.by_status.get(status.text()).copied().unwrap_or(0)
    }

    /// The rows of one stream with the requests and the bill of the run that it is a part of.
    #[must_use]
    pub fn with_requests_of(self, run: Self) -> Self {
        let Self { rows, filtered, invalid, carried, duplicates, from_ledger, answered, unanswered, .. } =
            self;
        let Costs { saved_by_duplicates, saved_by_ledger, .. } = self.costs;
        Self {
            rows,
            filtered,
            invalid,
            carried,
            duplicates,
            from_ledger,
            answered,
            unanswered,
            costs: Costs { saved_by_duplicates, saved_by_ledger, ..run.costs },
            by_status: self.by_status,
            by_result: self.by_result,
            refused: self.refused,
            ..run
        }
    }

    /// Whether every row is in exactly one class.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let done_without_asking = self.invalid + self.carried + self.duplicates + self.from_ledger;
        self.rows == done_without_asking + self.answered + self.unanswered
    }
}

fn by_status(counts: &[Count]) -> BTreeMap<String, u64> {
    by_name(Status::ALL.iter().map(|status| status.text()), counts)
}

fn by_result(counts: &[Count]) -> BTreeMap<String, u64> {
    by_name(LookupResult::DOCUMENTED.iter().map(LookupResult::text).chain([UNDOCUMENTED]), counts)
}

/// Declares [`Counters`], [`Snapshot`] and [`Costs`] from one list.
macro_rules! counters {
    (
        // In both, under the same name.
        counts { $($(#[$count_doc:meta])* $count:ident,)* }
        // Billionths of the currency in Counters, money in Costs under the second name.
        costs { $($(#[$cost_doc:meta])* $cost:ident => $amount:ident,)* }
        // In both, in the snapshot as a map of what is not zero.
        by_word { $($(#[$word_doc:meta])* $word_vis:vis $word:ident: $word_type:ty => $to_map:expr,)* }
        // In Counters only.
        live { $($(#[$live_doc:meta])* $live:ident: $live_type:ty,)* }
    ) => {
        /// The counts of a run while it goes on, shared by all who count and by whoever shows
        /// progress.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$count_doc])* pub $count: Count,)*
            $($(#[$cost_doc])* #[doc = " In billionths of the currency."] pub $cost: Count,)*
            $($(#[$word_doc])* $word_vis $word: $word_type,)*
            $($(#[$live_doc])* pub $live: $live_type,)*
        }

        /// The counts at one moment.
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
        pub struct Snapshot {
            $($(#[$count_doc])* pub $count: u64,)*
            /// What all this cost; zero where no price is known.
            pub costs: Costs,
            $($(#[$word_doc])* pub $word: BTreeMap<String, u64>,)*
        }

        /// Money spent, perhaps spent, and saved.
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
        pub struct Costs {
            $($(#[$cost_doc])* pub $amount: Money,)*
        }

        impl Counters {
            /// All counts as plain numbers.
            #[must_use]
            pub fn snapshot(&self) -> Snapshot {
                Snapshot {
                    $($count: self.$count.get(),)*
                    costs: Costs { $($amount: self.$cost.amount(),)* },
                    $($word: $to_map(&self.$word),)*
                }
            }
        }
    };
}

counters! {
    counts {
        /// Rows that are done.
        rows,
        /// Rows of the list that the filter left out. The other counts are without them.
        filtered,
        /// Rows refused before any money was spent.
        invalid,
        /// Rows that kept the verdict of an earlier run (`--only unresolved`).
        carried,
        /// Rows answered by the lookup of another row of this run with the same number.
        duplicates,
        /// Rows answered from the ledger, which an earlier run paid for.
        from_ledger,
        /// Rows for which this run got an answer.
        answered,
        /// Rows for which this run got no answer. Rows with the same number count each.
        unanswered,
        /// Requests sent, including retries.
        requests,
        /// Requests that the service answered, including TIMEOUT and similar results.
        replies,
        /// Second and later attempts, without throttled requests.
        retries,
        /// Requests that the service refused because too many were sent at once. They cost nothing.
        throttled,
        /// Requests answered with a result that the contract bills.
        billed,
        /// Requests without an answer that may be billed.
        maybe_billed,
        /// Answers that could not be written to the ledger.
        not_kept,
        /// Numbers that were not looked up because their range returns no useful answers.
        skipped,
        /// Different numbers without an answer.
        numbers_unanswered,
        /// Different numbers that were not looked up because the run stopped first.
        never_asked,
    }
    costs {
        /// Price of the requests that were answered.
        billed_cost => billed,
        /// Price of the requests without an answer that may be billed.
        maybe_billed_cost => maybe_billed,
        /// What the duplicates would have cost.
        duplicates_cost => saved_by_duplicates,
        /// What the rows answered from the ledger would have cost.
        from_ledger_cost => saved_by_ledger,
    }
    by_word {
        /// Rows by status, counted in the order of [`Status::ALL`].
        pub by_status: [Count; Status::ALL.len()] => by_status,
        /// Rows by result, counted in the order of [`LookupResult::DOCUMENTED`]; the last count is
        /// for all others.
        pub by_result: [Count; LookupResult::DOCUMENTED.len() + 1] => by_result,
        /// Rows refused, by reason.
        refused: WordCounts => WordCounts::get,
        /// Requests that failed, by kind of fault.
        faults: WordCounts => WordCounts::get,
    }
    live {
        /// The endpoint that was used last, by its position in the order of preference.
        endpoint: Count,
        /// Requests in flight.
        in_flight: Count,
        /// Different numbers that have their final outcome.
        numbers_done: Count,
        /// How long answers took.
        latency: Latencies,
        /// Rows by range, network and status.
        breakdown: Breakdown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_its_counts_in_this_order() {
        let json = concat!(
            r#"{"rows":0,"filtered":0,"invalid":0,"carried":0,"duplicates":0,"from_ledger":0,"answered":0,"#,
            r#""unanswered":0,"requests":0,"replies":0,"retries":0,"throttled":0,"billed":0,"maybe_billed":0,"#,
            r#""not_kept":0,"skipped":0,"numbers_unanswered":0,"never_asked":0,"#,
            r#""costs":{"billed":0.0,"maybe_billed":0.0,"saved_by_duplicates":0.0,"saved_by_ledger":0.0},"#,
            r#""by_status":{},"by_result":{},"refused":{},"faults":{}}"#,
        );
        assert_eq!(serde_json::to_string(&Snapshot::default()).unwrap(), json);
    }

    #[test]
    fn a_snapshot_has_every_count() {
        let counters = Counters::default();
        counters.rows.add(3);
        counters.never_asked.add(2);
        counters.count_charge(Charge::Billed(Money::from_billionths(5)));
        counters.count_charge(Charge::Maybe(Money::from_billionths(7)));
        counters.by_status[Status::Dead as usize].add(4);
        counters.by_result[LookupResult::DOCUMENTED.len()].add(1);
        counters.count_refused("too_short", 6);
        let snapshot = counters.snapshot();
        assert_eq!(
            (snapshot.rows, snapshot.never_asked, snapshot.billed, snapshot.maybe_billed),
            (3, 2, 1, 1)
        );
        assert_eq!((snapshot.costs.billed.billionths(), snapshot.costs.maybe_billed.billionths()), (5, 7));
        assert_eq!(snapshot.with_status(Status::Dead), 4);
        assert_eq!(snapshot.by_result, BTreeMap::from([(UNDOCUMENTED.to_owned(), 1)]));
        assert_eq!(snapshot.refused, BTreeMap::from([("too_short".to_owned(), 6)]));
    }
}
