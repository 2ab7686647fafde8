//! The added columns of one batch while its rows come in, one after the other.
//!
//! Each row goes three ways: its cells into the column builders, its counts into the tally, and
//! what it saved through the pricing into the tally.

use arrow::array::ArrayRef;

use super::EnrichSettings;
use super::batch_tally::BatchTally;
use super::column_builders::ColumnBuilders;
use super::outcome_text;
use super::row_pricing::RowPricing;
use crate::lookup::Reply;
use crate::model::{Msisdn, Product, Status};
use crate::numbering::Refusal;
use crate::telemetry::Counters;

/// The added columns of one batch, and its counts.
pub(super) struct BatchColumns {
    product: Product,
    columns: ColumnBuilders,
    tally: BatchTally,
    pricing: RowPricing,
}

impl BatchColumns {
    pub(super) fn new(rows: usize, settings: &EnrichSettings) -> Self {
        Self {
            product: settings.product,
            columns: ColumnBuilders::new(rows, settings.cost_column.into()),
            tally: BatchTally::default(),
            pricing: RowPricing::new(&settings.tariff),
        }
    }

    /// Adds a row whose cell holds no number that can be looked up.
    pub(super) fn add_refused(&mut self, refusal: Refusal) {
        self.tally.count_refused(refusal);
        self.columns.append_refused(refusal);
    }

    /// Adds a row that keeps the verdict of an earlier run.
    pub(super) fn add_carried(&mut self, status: Status) {
        self.tally.count_carried(status);
        self.columns.append_placeholder();
    }

    /// Adds a row whose number went through the lookup stage.
    pub(super) fn add_asked(&mut self, msisdn: Msisdn, reply: &Reply) {
        let status = outcome_text::status(&reply.outcome, self.product);
        self.tally.count_asked(msisdn, reply, status);
        self.tally.count_saved(reply.source, self.pricing.saved(msisdn, reply));
        self.columns.append_asked(msisdn, reply, status);
    }

    /// The finished columns. Adds the counts of the batch to those of the run, and to those of its
    /// stream if it has its own.
    pub(super) fn finish(self, counters: &Counters, of_stream: Option<&Counters>) -> Vec<ArrayRef> {
        of_stream.into_iter().for_each(|counters| self.tally.add_rows_to(counters));
        self.tally.add_to(counters);
        self.columns.finish()
    }
}
