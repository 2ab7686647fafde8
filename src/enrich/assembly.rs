//! Numbers and replies to Arrow columns and counts.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, StringBuilder, TimestampMillisecondBuilder, UInt16Builder,
};

use super::network_cells::NetworkCellCache;
use super::{EnrichSettings, outcome_text};
use crate::lookup::Reply;
use crate::model::{
    Answered, CallingCode, LookupResult, Money, Msisdn, NumberRange, Outcome, Plmn, Product, Source, Status,
};
use crate::numbering::Refusal;
use crate::pricing::Tariff;
use crate::telemetry::Counters;
use crate::telemetry::breakdown::{BreakdownCounts, BreakdownKey, BreakdownTally};

/// Builders for the added columns, in the order of [`super::added_columns::ADDED`].
pub(super) struct Assembly {
    /// The prices, if any are known.
    tariff: Option<Arc<Tariff>>,
    product: Product,
    msisdn: StringBuilder,
    status: StringBuilder,
    result: StringBuilder,
    mcc: StringBuilder,
    mnc: StringBuilder,
    location: StringBuilder,
    network: StringBuilder,
    country: StringBuilder,
    location_country: StringBuilder,
    roaming: BooleanBuilder,
    source: StringBuilder,
    checked_at: TimestampMillisecondBuilder,
    attempts: UInt16Builder,
    reason: StringBuilder,
    cost: Option<Float64Builder>,
    seen: NetworkCellCache,
    tally: Tally,
}

/// The counts of one batch, added to the run's when it is done.
#[derive(Debug, Default)]
struct Tally {
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
    places: BreakdownTally,
}

impl Assembly {
    pub(super) fn new(rows: usize, settings: &EnrichSettings) -> Self {
        let text = |bytes_a_row: usize| StringBuilder::with_capacity(rows, rows * bytes_a_row);
        Self {
            product: settings.product,
            tariff: settings.tariff.has_prices().then(|| settings.tariff.clone()),
            cost: settings.cost_column.then(|| Float64Builder::with_capacity(rows)),
            msisdn: text(12),
            status: text(9),
            result: text(10),
            mcc: text(3),
            mnc: text(3),
            location: text(2),
            network: text(10),
            country: text(2),
            location_country: text(2),
            roaming: BooleanBuilder::with_capacity(rows),
            source: text(4),
            checked_at: TimestampMillisecondBuilder::with_capacity(rows).with_timezone("UTC"),
            attempts: UInt16Builder::with_capacity(rows),
            reason: text(2),
            seen: NetworkCellCache::default(),
            tally: Tally::default(),
        }
    }

    /// A row that was refused before any money was spent.
    pub(super) fn refused(&mut self, refusal: Refusal) {
        self.tally.rows += 1;
        self.tally.invalid += 1;
        self.tally.refused[refusal.index()] += 1;
        self.tally.by_status[Status::Invalid as usize] += 1;
        self.msisdn.append_null();
        self.status.append_value(Status::Invalid.text());
        self.result.append_value(outcome_text::NOT_ASKED);
        self.whereabouts(None, None);
        self.source.append_value(Source::None.text());
        self.checked_at.append_null();
        self.attempts.append_value(0);
        self.reason.append_value(refusal.text());
        self.paid(Money::ZERO);
    }

    /// A row that keeps what an earlier run wrote, which takes the place of what is appended here.
    pub(super) fn carried(&mut self, status: Status) {
        self.tally.rows += 1;
        self.tally.carried += 1;
        self.tally.by_status[status as usize] += 1;
        self.msisdn.append_null();
        self.status.append_null();
        self.result.append_null();
        self.whereabouts(None, None);
        self.source.append_null();
        self.checked_at.append_null();
        self.attempts.append_null();
        self.reason.append_null();
        self.paid(Money::ZERO);
    }

    /// A row whose number went into the lookup stage.
    pub(super) fn asked(&mut self, msisdn: Msisdn, reply: &Reply) {
        let Reply { outcome, source, cost } = reply;
        let status = outcome_text::status(outcome, self.product);
        self.tally.count(reply, status);
        self.tally.count_place(msisdn, reply, status);
        self.count_savings(msisdn, reply);
        self.paid(*cost);
        self.msisdn.append_value(&*msisdn.digits());
        self.status.append_value(status.text());
        self.result.append_value(outcome_text::result(outcome));
        let (checked_at, attempts) = match outcome {
            Outcome::Answered(Answered { answer, checked_at, attempts }) => {
                self.whereabouts(answer.network, answer.location);
                self.source.append_value(source.text());
                (Some(*checked_at), *attempts)
            }
            Outcome::Unanswered(unanswered) => {
                self.whereabouts(None, None);
                self.source.append_value(Source::None.text());
                (unanswered.checked_at, unanswered.attempts)
            }
        };
        self.checked_at.append_option(checked_at.map(|moment| moment.0));
        self.attempts.append_value(attempts);
        self.reason.append_option(outcome_text::reason(outcome));
    }

    /// What an answer would have cost that this row did not pay for.
    fn count_savings(&mut self, msisdn: Msisdn, reply: &Reply) {
        let (Some(tariff), Outcome::Answered(answered)) = (&self.tariff, &reply.outcome) else { return };
        let saved = match reply.source {
            Source::Duplicate => &mut self.tally.duplicates_cost,
            Source::Ledger => &mut self.tally.from_ledger_cost,
            Source::Live | Source::None => return,
        };
        *saved += tariff.price_of_answer(msisdn, &answered.answer);
    }

    fn paid(&mut self, cost: Money) {
        if let Some(column) = &mut self.cost {
            column.append_value(cost.as_number());
        }
    }

    fn whereabouts(&mut self, network: Option<Plmn>, location: Option<CallingCode>) {
        let cells = self.seen.cells(network, location);
        self.mcc.append_option(cells.mcc.as_deref());
        self.mnc.append_option(cells.mnc.as_deref());
        self.location.append_option(cells.location.as_deref());
        self.network.append_option(cells.network);
        self.country.append_option(cells.country);
        self.location_country.append_option(cells.location_country);
        self.roaming.append_option(cells.roaming);
    }

    /// The finished columns. Adds what was counted to the run's counters.
    pub(super) fn finish(mut self, counters: &Counters) -> Vec<ArrayRef> {
        self.tally.add_to(counters);
        let cost = self.cost.map(|mut cost| -> ArrayRef { Arc::new(cost.finish()) });
        let columns: [ArrayRef; 14] = [
            Arc::new(self.msisdn.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.result.finish()),
            Arc::new(self.mcc.finish()),
            Arc::new(self.mnc.finish()),
            Arc::new(self.location.finish()),
            Arc::new(self.network.finish()),
            Arc::new(self.country.finish()),
            Arc::new(self.location_country.finish()),
            Arc::new(self.roaming.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.checked_at.finish()),
            Arc::new(self.attempts.finish()),
            Arc::new(self.reason.finish()),
        ];
        columns.into_iter().chain(cost).collect()
    }
}

impl Tally {
    fn count(&mut self, reply: &Reply, status: Status) {
        self.rows += 1;
        let class = match (&reply.outcome, reply.source) {
            (Outcome::Unanswered(_), _) => &mut self.unanswered,
            (Outcome::Answered(_), Source::Duplicate) => &mut self.duplicates,
            (Outcome::Answered(_), Source::Ledger) => &mut self.from_ledger,
            (Outcome::Answered(_), Source::Live | Source::None) => &mut self.answered,
        };
        *class += 1;
        self.by_status[status as usize] += 1;
        if let Some(result) = outcome_text::said(&reply.outcome) {
            self.by_result[result.index()] += 1;
        }
    }

    fn count_place(&mut self, msisdn: Msisdn, reply: &Reply, status: Status) {
        let (network, attempts) = match &reply.outcome {
            Outcome::Answered(answered) => (answered.answer.network, answered.attempts),
            Outcome::Unanswered(unanswered) => (None, unanswered.attempts),
        };
        // Of the rows with the same number, one has sent the requests.
        let attempts = if reply.source == Source::Live { attempts.into() } else { 0 };
        let place = BreakdownKey { range: NumberRange::of(msisdn), network, status };
        self.places.entry(place).or_default().add(BreakdownCounts { rows: 1, attempts, cost: reply.cost });
    }

    fn add_to(self, counters: &Counters) {
        counters.breakdown.add(self.places);
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
