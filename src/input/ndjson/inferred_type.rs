//! The types of the columns, found by going through the lines.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// Every whole number up to this one is exact in 64-bit floating point.
const EXACT_AS_DOUBLE: u64 = 1 << 53;
/// From here on a whole number has no type of its own, and serde reads it as floating point.
const BEYOND_INTEGERS: f64 = 9_223_372_036_854_775_808.0;
/// An object with more fields has data for names, and is kept as JSON text.
const MAX_NESTED_FIELDS: usize = 1_000;
/// A list with more columns is a mistake.
pub(super) const MAX_COLUMNS: usize = 10_000;
/// Values nested more deeply are kept as JSON text.
const MAX_DEPTH: usize = 16;

/// What the values of a column have been so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum InferredType {
    /// Only nulls.
    #[default]
    Null,
    Boolean,
    Integer {
        /// Whether one is not exact as floating point.
        is_wide: bool,
    },
    Double,
    /// Text, or simple values of different types, each as it was written.
    Text,
    List(Box<InferredType>),
    Object(InferredFields),
    /// Values that have no type in common, each as JSON text.
    Json,
}

/// The fields of an object, in the order in which they first appear.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct InferredFields {
    fields: Vec<(String, InferredType)>,
    /// Where the next field is expected: objects of a list most often have the same order.
    next: usize,
}

impl InferredFields {
    /// Widens the types by one line. The error says what is wrong with the line, without its content.
    pub(super) fn add_line(&mut self, line: &[u8]) -> Result<(), String> {
        let mut reader = serde_json::Deserializer::from_slice(line);
        let explain = |fault: serde_json::Error| match fault.classify() {
            // The text of other errors contains values of the list.
            serde_json::error::Category::Data => "is not a JSON object".to_owned(),
            _ => format!("is not a complete JSON object: {}", without_line(&fault)),
        };
        reader.deserialize_map(RootVisitor(self)).map_err(explain)?;
        reader.end().map_err(explain)
    }

    pub(super) fn schema(&self) -> Schema {
        Schema::new(self.arrow_fields())
    }

    pub(super) fn count(&self) -> usize {
        self.fields.len()
    }

    fn arrow_fields(&self) -> Fields {
        self.fields.iter().map(|(name, kind)| Field::new(name, kind.arrow_type(), true)).collect()
    }

    fn place_of(&mut self, name: &str) -> usize {
        let place = match self.fields.get(self.next) {
            Some((expected, _)) if expected == name => self.next,
            _ => self.fields.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                self.fields.push((name.to_owned(), InferredType::Null));
                self.fields.len() - 1
            }),
        };
        self.next = place + 1;
        place
    }
}

/// A value of any type, passed over. In contrast to [`IgnoredAny`] it counts how deeply values are
/// nested, so that a line cannot exhaust the stack of those who read it after this.
struct AnyValue;

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = AnyValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<AnyValue, E> {
        Ok(AnyValue)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<AnyValue, E> {
        Ok(AnyValue)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<AnyValue, E> {
        Ok(AnyValue)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<AnyValue, E> {
        Ok(AnyValue)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<AnyValue, E> {
        Ok(AnyValue)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<AnyValue, E> {
        Ok(AnyValue)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AnyValue, A::Error> {
        while list.next_element::<AnyValue>()?.is_some() {}
        Ok(AnyValue)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AnyValue, A::Error> {
        while map.next_entry::<IgnoredAny, AnyValue>()?.is_some() {}
        Ok(AnyValue)
    }
}

/// The error without its place in the text: the text is one line, whose number is known better.
fn without_line(fault: &serde_json::Error) -> String {
    let text = fault.to_string();
    let column = fault.column();
    match text.split_once(" at line ") {
        Some((what, _)) => format!("{what} at column {column}"),
        None => text,
    }
}

impl InferredType {
    fn arrow_type(&self) -> DataType {
        match self {
            Self::Null | Self::Text => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Integer { .. } => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::List(item) => DataType::List(Arc::new(Field::new_list_field(item.arrow_type(), true))),
            // An object without fields has no form in Parquet.
            Self::Object(fields) if !fields.fields.is_empty() => DataType::Struct(fields.arrow_fields()),
            Self::Object(_) | Self::Json => super::json_text::JSON_TEXT,
        }
    }

    fn add_scalar(&mut self, scalar: Self) {
        *self = match (std::mem::take(self), scalar) {
            (Self::Null, scalar) => scalar,
            (Self::Integer { is_wide: one }, Self::Integer { is_wide: other }) => {
                Self::Integer { is_wide: one || other }
            }
            (Self::Integer { is_wide }, Self::Double) | (Self::Double, Self::Integer { is_wide }) => {
                if is_wide {
                    Self::Text
                } else {
                    Self::Double
                }
            }
            (known, scalar) if known == scalar => known,
            (Self::List(_) | Self::Object(_) | Self::Json, _) => Self::Json,
            _ => Self::Text,
        };
    }
}

struct RootVisitor<'a>(&'a mut InferredFields);

impl<'de> Visitor<'de> for RootVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        add_object(self.0, map, 0)
    }
}

fn add_object<'de, A: MapAccess<'de>>(
    fields: &mut InferredFields,
    mut map: A,
    depth: usize,
) -> Result<(), A::Error> {
    fields.next = 0;
    while let Some(place) = map.next_key_seed(FieldName(fields))? {
        map.next_value_seed(Value { kind: &mut fields.fields[place].1, depth: depth + 1 })?;
    }
    Ok(())
}

/// Finds the place of a field without a copy of its name.
struct FieldName<'a>(&'a mut InferredFields);

impl<'de> DeserializeSeed<'de> for FieldName<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        Ok(self.0.place_of(name))
    }
}

struct Value<'a> {
    kind: &'a mut InferredType,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.kind.add_scalar(InferredType::Boolean);
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.kind.add_scalar(InferredType::Integer { is_wide: value.unsigned_abs() > EXACT_AS_DOUBLE });
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.kind.add_scalar(match i64::try_from(value) {
            Ok(_) => InferredType::Integer { is_wide: value > EXACT_AS_DOUBLE },
            Err(_) => InferredType::Text,
        });
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let is_integer_without_a_type = value.abs() >= BEYOND_INTEGERS;
        self.kind.add_scalar(if is_integer_without_a_type {
            InferredType::Text
        } else {
            InferredType::Double
        });
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.kind.add_scalar(InferredType::Text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if *self.kind == InferredType::Null && self.depth < MAX_DEPTH {
            *self.kind = InferredType::List(Box::default());
        }
        if let InferredType::List(item) = self.kind {
            while list.next_element_seed(Value { kind: item, depth: self.depth + 1 })?.is_some() {}
            return Ok(());
        }
        *self.kind = InferredType::Json;
        while list.next_element::<AnyValue>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if *self.kind == InferredType::Null && self.depth < MAX_DEPTH {
            *self.kind = InferredType::Object(InferredFields::default());
        }
        if let InferredType::Object(fields) = self.kind {
            add_object(fields, map, self.depth)?;
            if fields.fields.len() > MAX_NESTED_FIELDS {
                *self.kind = InferredType::Json;
            }
            return Ok(());
        }
        *self.kind = InferredType::Json;
        while map.next_entry::<IgnoredAny, AnyValue>()?.is_some() {}
        Ok(())
    }
}
