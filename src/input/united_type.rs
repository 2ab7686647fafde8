//! The type that holds the values of two types without a loss, and the conversion into it.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, LargeListArray, ListArray, StructArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use arrow::error::ArrowError;

/// Whether the whole numbers of a column are known to be exact as floating-point numbers: none is
/// beyond 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WholeNumbers {
    ExactAsDouble,
    Unknown,
}

/// The type that holds every value of both; `None` where there is none, such as for a list and a
/// number. Simple values of different kinds become text.
pub(super) fn united(one: &DataType, other: &DataType, whole: WholeNumbers) -> Option<DataType> {
    use DataType::{Dictionary, FixedSizeList, LargeList, List, Null, Struct};
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (Null, other) | (other, Null) => Some(other.clone()),
        (Dictionary(_, values), other) | (other, Dictionary(_, values)) => united(values, other, whole),
        (Struct(one), Struct(other)) => united_fields(one, other).map(Struct),
        (List(one), List(other)) => united_field(one, other).map(|field| List(Arc::new(field))),
        (
            List(one) | LargeList(one) | FixedSizeList(one, _),
            List(other) | LargeList(other) | FixedSizeList(other, _),
        ) => united_field(one, other).map(|field| LargeList(Arc::new(field))),
        (one, other) if one.is_nested() || other.is_nested() => None,
        (one, other) => united_scalars(one, other, whole),
    }
}

fn united_scalars(one: &DataType, other: &DataType, whole: WholeNumbers) -> Option<DataType> {
    if is_number(one) && is_number(other) {
        return Some(united_numbers(one, other, whole).unwrap_or(DataType::Utf8));
    }
    if is_binary(one) || is_binary(other) {
        let both = |test: fn(&DataType) -> bool| test(one) && test(other);
        return both(|kind| is_binary(kind) || is_text(kind)).then_some(DataType::LargeBinary);
    }
    if is_text(one) && is_text(other) {
        return Some(DataType::LargeUtf8);
    }
    united_times(one, other)
        .or_else(|| (has_text_form(one) && has_text_form(other)).then_some(DataType::Utf8))
}

fn united_numbers(one: &DataType, other: &DataType, whole: WholeNumbers) -> Option<DataType> {
    use DataType::{Float16, Float32, Float64};
    if one.is_floating() || other.is_floating() {
        let (floating, second) = if one.is_floating() { (one, other) } else { (other, one) };
        let bits = |kind: &DataType| kind.primitive_width().unwrap_or(8);
        return match second {
            Float16 | Float32 | Float64 => {
                Some(if bits(floating) < 8 && bits(second) < 8 { Float32 } else { Float64 })
            }
            kind if kind.is_integer() && bits(kind) <= 2 && bits(floating) == 4 => Some(Float32),
            kind if kind.is_integer() && (bits(kind) <= 4 || whole == WholeNumbers::ExactAsDouble) => {
                Some(Float64)
            }
            _ => None,
        };
    }
    match (one.is_integer(), other.is_integer()) {
        (true, true) => Some(united_integers(one, other)),
        _ => united_decimals(one, other),
    }
}

fn united_integers(one: &DataType, other: &DataType) -> DataType {
    use DataType::{Decimal128, Int16, Int32, Int64, UInt16, UInt32, UInt64};
    let bytes = |kind: &DataType| kind.primitive_width().unwrap_or(8);
    let unsigned = |kind: &DataType| kind.is_unsigned_integer();
    if unsigned(one) && unsigned(other) {
        return match bytes(one).max(bytes(other)) {
            2 => UInt16,
            4 => UInt32,
            _ => UInt64,
        };
    }
    // An unsigned number needs a signed type of twice the width.
    let needed = |kind: &DataType| if unsigned(kind) { 2 * bytes(kind) } else { bytes(kind) };
    match needed(one).max(needed(other)) {
        2 => Int16,
        4 => Int32,
        8 => Int64,
        _ => Decimal128(20, 0),
    }
}

fn united_decimals(one: &DataType, other: &DataType) -> Option<DataType> {
    let ((one_whole, one_scale), (other_whole, other_scale)) = (digits(one)?, digits(other)?);
    let scale = one_scale.max(other_scale);
    let precision = u8::try_from(one_whole.max(other_whole) + i32::from(scale)).ok()?;
    match precision {
        0..=38 => Some(DataType::Decimal128(precision.max(1), scale)),
        39..=76 => Some(DataType::Decimal256(precision, scale)),
        _ => None,
    }
}

/// The digits before the point, and the scale.
fn digits(kind: &DataType) -> Option<(i32, i8)> {
    use DataType::{Decimal32, Decimal64, Decimal128, Decimal256};
    match kind {
        Decimal32(precision, scale)
        | Decimal64(precision, scale)
        | Decimal128(precision, scale)
        | Decimal256(precision, scale) => Some((i32::from(*precision) - i32::from(*scale), *scale)),
        kind => {
            let digits = match kind.primitive_width()? {
                1 => 3,
                2 => 5,
                4 => 10,
                _ => 20,
            };
            kind.is_integer().then_some((digits, 0))
        }
    }
}

fn united_times(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType::{Date32, Date64, Duration, Time32, Time64, Timestamp};
    match (one, other) {
        (Timestamp(unit, zone), Timestamp(other, other_zone)) if zone.is_some() == other_zone.is_some() => {
            Some(Timestamp(finer(*unit, *other), zone.clone()))
        }
        (Date32, Timestamp(unit, None)) | (Timestamp(unit, None), Date32) => Some(Timestamp(*unit, None)),
        (Date32, Date64) | (Date64, Date32) => Some(Date64),
        (Time32(unit) | Time64(unit), Time32(other) | Time64(other)) => Some(match finer(*unit, *other) {
            unit @ (TimeUnit::Second | TimeUnit::Millisecond) => Time32(unit),
            unit => Time64(unit),
        }),
        (Duration(unit), Duration(other)) => Some(Duration(finer(*unit, *other))),
        _ => None,
    }
}

fn finer(one: TimeUnit, other: TimeUnit) -> TimeUnit {
    let rank = |unit| match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    };
    if rank(one) >= rank(other) { one } else { other }
}

fn is_number(kind: &DataType) -> bool {
    kind.is_numeric()
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn is_binary(kind: &DataType) -> bool {
    use DataType::{Binary, BinaryView, FixedSizeBinary, LargeBinary};
    matches!(kind, Binary | LargeBinary | BinaryView | FixedSizeBinary(_))
}

fn has_text_form(kind: &DataType) -> bool {
    is_text(kind) || is_number(kind) || kind.is_temporal() || kind == &DataType::Boolean
}

fn united_field(one: &FieldRef, other: &FieldRef) -> Option<Field> {
    let kind = united(one.data_type(), other.data_type(), WholeNumbers::Unknown)?;
    let field = one.as_ref().clone().with_data_type(kind);
    Some(field.with_nullable(one.is_nullable() || other.is_nullable()))
}

fn united_fields(one: &Fields, other: &Fields) -> Option<Fields> {
    let mut fields: Vec<FieldRef> = Vec::with_capacity(one.len());
    for field in one {
        fields.push(Arc::new(match other.find(field.name()) {
            Some((_, other)) => united_field(field, other)?,
            None => field.as_ref().clone().with_nullable(true),
        }));
    }
    for field in other.iter().filter(|field| one.find(field.name()).is_none()) {
        fields.push(Arc::new(field.as_ref().clone().with_nullable(true)));
    }
    Some(fields.into())
}

/// The values in the united type. A value that has no place in it is an error, never null.
pub(super) fn converted(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    use DataType::{FixedSizeList, LargeList, List, Struct};
    match (array.data_type(), to) {
        (from, to) if from == to => Ok(array.clone()),
        (Struct(_), Struct(fields)) => converted_struct(array.as_struct(), fields),
        (List(_), List(item)) => {
            let list = array.as_list::<i32>();
            let values = converted(list.values(), item.data_type())?;
            let nulls = list.nulls().cloned();
            Ok(Arc::new(ListArray::try_new(item.clone(), list.offsets().clone(), values, nulls)?))
        }
        (LargeList(_), LargeList(item)) => {
            let list = array.as_list::<i64>();
            let values = converted(list.values(), item.data_type())?;
            let nulls = list.nulls().cloned();
            Ok(Arc::new(LargeListArray::try_new(item.clone(), list.offsets().clone(), values, nulls)?))
        }
        (FixedSizeList(_, size), LargeList(item)) => {
            let list = array.as_fixed_size_list();
            let values = converted(list.values(), item.data_type())?;
            let list = FixedSizeListArray::try_new(item.clone(), *size, values, list.nulls().cloned())?;
            cast_exactly(&list, to)
        }
        (List(_), LargeList(item)) => {
            converted(array, &List(item.clone())).and_then(|list| cast_exactly(&list, to))
        }
        _ => cast_exactly(array, to),
    }
}

fn cast_exactly(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

fn converted_struct(array: &StructArray, fields: &Fields) -> Result<ArrayRef, ArrowError> {
    let column = |field: &FieldRef| match array.column_by_name(field.name()) {
        Some(column) => converted(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), array.len())),
    };
    let columns = fields.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let nulls = array.nulls().cloned();
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, array.len())?))
}
