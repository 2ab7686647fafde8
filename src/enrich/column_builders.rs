//! Arrow builders for the added columns. Every row appends one cell to each of them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, StringBuilder, TimestampMillisecondBuilder, UInt16Builder,
};

use super::added_columns::{ADDED, CostColumn};
use super::network_cells::NetworkCellCache;
use super::outcome_text;
use crate::lookup::Reply;
use crate::model::{Answered, CallingCode, Money, Msisdn, Outcome, Plmn, Source, Status};
use crate::numbering::Refusal;

/// One builder for each column of [`ADDED`], and one for the cost on request.
pub(super) struct ColumnBuilders {
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
    network_cells: NetworkCellCache,
}

impl ColumnBuilders {
    /// Builders with room for this many rows, so that an ordinary batch grows none of them.
    pub(super) fn new(rows: usize, cost: CostColumn) -> Self {
        let text = |bytes_per_row: usize| StringBuilder::with_capacity(rows, rows * bytes_per_row);
        Self {
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
            cost: (cost == CostColumn::Yes).then(|| Float64Builder::with_capacity(rows)),
            network_cells: NetworkCellCache::default(),
        }
    }

    /// Appends a row without a number that can be looked up.
    pub(super) fn append_refused(&mut self, refusal: Refusal) {
        self.msisdn.append_null();
        self.status.append_value(Status::Invalid.text());
        self.result.append_value(outcome_text::NOT_ASKED);
        self.append_network(None, None);
        self.source.append_value(Source::None.text());
        self.checked_at.append_null();
        self.attempts.append_value(0);
        self.reason.append_value(refusal.text());
        self.append_cost(Money::ZERO);
    }

    /// Appends nulls for a row whose cells come from an earlier run and replace these.
    pub(super) fn append_placeholder(&mut self) {
        self.msisdn.append_null();
        self.status.append_null();
        self.result.append_null();
        self.append_network(None, None);
        self.source.append_null();
        self.checked_at.append_null();
        self.attempts.append_null();
        self.reason.append_null();
        self.append_cost(Money::ZERO);
    }

    /// Appends a row whose number went through the lookup stage.
    pub(super) fn append_asked(&mut self, msisdn: Msisdn, reply: &Reply, status: Status) {
        let Reply { outcome, source, cost } = reply;
        self.append_cost(*cost);
        self.msisdn.append_value(&*msisdn.digits());
        self.status.append_value(status.text());
        self.result.append_value(outcome_text::result(outcome));
        let (checked_at, attempts) = match outcome {
            Outcome::Answered(Answered { answer, checked_at, attempts }) => {
                self.append_network(answer.network, answer.location);
                self.source.append_value(source.text());
                (Some(*checked_at), *attempts)
            }
            Outcome::Unanswered(unanswered) => {
                self.append_network(None, None);
                self.source.append_value(Source::None.text());
                (unanswered.checked_at, unanswered.attempts)
            }
        };
        self.checked_at.append_option(checked_at.map(|moment| moment.0));
        self.attempts.append_value(attempts);
        self.reason.append_option(outcome_text::reason(outcome));
    }

    fn append_cost(&mut self, cost: Money) {
        if let Some(column) = &mut self.cost {
            column.append_value(cost.as_number());
        }
    }

    fn append_network(&mut self, network: Option<Plmn>, location: Option<CallingCode>) {
        let cells = self.network_cells.cells(network, location);
        self.mcc.append_option(cells.mcc.as_deref());
        self.mnc.append_option(cells.mnc.as_deref());
        self.location.append_option(cells.location.as_deref());
        self.network.append_option(cells.network);
        self.country.append_option(cells.country);
        self.location_country.append_option(cells.location_country);
        self.roaming.append_option(cells.roaming);
    }

    /// The columns, in the order of [`ADDED`]; the cost, if there is one, is last.
    pub(super) fn finish(mut self) -> Vec<ArrayRef> {
        let columns: [ArrayRef; ADDED.len()] = [
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
        let cost = self.cost.map(|mut cost| -> ArrayRef { Arc::new(cost.finish()) });
        columns.into_iter().chain(cost).collect()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Float64Type, UInt16Type};

    use super::*;
    use crate::enrich::added_columns::{COST, data_type};
    use crate::enrich::test_replies::{answered, unanswered};
    use crate::model::LookupResult;

    fn column<'a>(columns: &'a [ArrayRef], name: &str) -> &'a ArrayRef {
        let names = ADDED.into_iter().chain([COST]);
        columns.iter().zip(names).find(|(_, found)| *found == name).unwrap().0
    }

    #[test]
    fn every_row_has_a_cell_in_every_column() {
        let msisdn = Msisdn::new(46_701_740_605).unwrap();
        let mut builders = ColumnBuilders::new(2, CostColumn::Yes);
        let cost = Money::from_number(0.5).unwrap();
        let reply = Reply { cost, ..answered(LookupResult::AbsentSubscriberSm, Source::Live) };
        builders.append_asked(msisdn, &reply, Status::Absent);
        builders.append_asked(msisdn, &unanswered(Source::Live), Status::NotChecked);
        builders.append_refused(Refusal::TooLong);
        builders.append_placeholder();
        let columns = builders.finish();
        assert_eq!(columns.len(), ADDED.len() + 1);
        for (column, name) in columns.iter().zip(ADDED.into_iter().chain([COST])) {
            assert_eq!((column.len(), column.data_type()), (4, &data_type(name)), "{name}");
            assert!(name == COST || column.is_null(3), "{name}");
        }
        let texts = |name| column(&columns, name).as_string::<i32>().iter().collect::<Vec<_>>();
        assert_eq!(texts("msisdn")[..3], [Some("46701740605"), Some("46701740605"), None]);
        assert_eq!(texts("status")[..3], [Some("absent"), Some("not_checked"), Some("invalid")]);
        assert_eq!(
            texts("result")[..3],
            [Some("ABSENT_SUBSCRIBER_SM"), Some("not_asked"), Some("not_asked")]
        );
        assert_eq!(texts("source")[..3], [Some("live"), Some("none"), Some("none")]);
        assert_eq!(texts("reason")[2], Some("too_long"));
        assert_eq!(column(&columns, "attempts").as_primitive::<UInt16Type>().values()[..3], [1, 0, 0]);
        assert_eq!(column(&columns, COST).as_primitive::<Float64Type>().values()[..3], [0.5, 0.0, 0.0]);
    }

    #[test]
    fn the_cost_is_a_column_on_request() {
        assert_eq!(ColumnBuilders::new(0, CostColumn::No).finish().len(), ADDED.len());
    }
}
