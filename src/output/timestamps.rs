//! Timestamps as text, the same in all text formats.
//!
//! RFC 3339 with as many digits as the column's unit has: `2026-03-01T08:30:00.000Z` for
//! milliseconds. A time with a zone is an instant and is written in UTC; only Parquet keeps the
//! name of the zone. A time without a zone has no `Z`. Times outside the years of RFC 3339 are
//! written as plain numbers.

use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{
    ArrowTimestampType, DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The values of a timestamp column.
pub(super) struct TimestampText {
    values: ScalarBuffer<i64>,
    unit: TimeUnit,
    has_zone: bool,
}

impl TimestampText {
    /// `None` for a column of another type.
    pub(super) fn of(column: &dyn Array) -> Option<Self> {
        let DataType::Timestamp(unit, zone) = column.data_type() else { return None };
        let values = match unit {
            TimeUnit::Second => values::<TimestampSecondType>(column),
            TimeUnit::Millisecond => values::<TimestampMillisecondType>(column),
            TimeUnit::Microsecond => values::<TimestampMicrosecondType>(column),
            TimeUnit::Nanosecond => values::<TimestampNanosecondType>(column),
        };
        Some(Self { values, unit: *unit, has_zone: zone.is_some() })
    }

    /// Appends the text of a row that is not null.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        let value = self.values[row];
        let (timestamp, digits) = match self.unit {
            TimeUnit::Second => (Timestamp::from_second(value), 0),
            TimeUnit::Millisecond => (Timestamp::from_millisecond(value), 3),
            TimeUnit::Microsecond => (Timestamp::from_microsecond(value), 6),
            TimeUnit::Nanosecond => (Timestamp::from_nanosecond(value.into()), 9),
        };
        let _infallible = match timestamp {
            Ok(timestamp) if self.has_zone => write!(out, "{timestamp:.digits$}"),
            Ok(timestamp) => write!(out, "{:.digits$}", TimeZone::UTC.to_datetime(timestamp)),
            Err(_) => write!(out, "{value}"),
        };
    }
}

fn values<T: ArrowTimestampType>(column: &dyn Array) -> ScalarBuffer<i64> {
    column.as_primitive::<T>().values().clone()
}
