//! Value types of pipeline files that TOML does not have: durations, prices, lists of one text.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// One text, or a list of texts.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TextList(pub Vec<String>);

impl<'de> Deserialize<'de> for TextList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = TextList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<TextList, E> {
                Ok(TextList(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TextList, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(TextList(texts))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// A duration with its unit: `500ms`, `10s`, `1m 30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurationValue(pub Duration);

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a valid duration; expected a number with its unit, such as 500ms, 10s or 1h")]
pub struct InvalidDuration(String);

impl FromStr for DurationValue {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        humantime::parse_duration(text).map(Self).map_err(|_| InvalidDuration(text.to_owned()))
    }
}

impl Serialize for DurationValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(self.0))
    }
}

impl<'de> Deserialize<'de> for DurationValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = DurationValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, in quotes, such as \"10s\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<DurationValue, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// One duration for every status, or one for each: `"30d"`, or `{ dead = "30d", absent = "12h" }`;
/// on the command line `30d` or `dead=30d,absent=12h`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum MaxAgeValue {
    /// The same for every answer.
    OfAll(DurationValue),
    /// By the name of a status.
    ByStatus(BTreeMap<String, DurationValue>),
}

impl FromStr for MaxAgeValue {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        if !text.contains('=') {
            return text.parse().map(Self::OfAll);
        }
        let entry = |entry: &str| {
            let (status, age) = entry.split_once('=').ok_or_else(|| InvalidDuration(entry.to_owned()))?;
            Ok((status.trim().to_owned(), age.trim().parse()?))
        };
        text.split(',').map(entry).collect::<Result<_, _>>().map(Self::ByStatus)
    }
}

impl<'de> Deserialize<'de> for MaxAgeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = MaxAgeValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration in quotes, such as \"30d\", or a table of them by status")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<MaxAgeValue, E> {
                text.parse().map(MaxAgeValue::OfAll).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<MaxAgeValue, A::Error> {
                entries(table).map(MaxAgeValue::ByStatus)
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// One price for every lookup, or a table: `0.004`, or `{ default = 0.004, NO = 0.006, "240-08" =
/// 0.003 }`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PriceValue {
    /// The same for every lookup.
    OfAll(f64),
    /// By country (two letters) or network (MCC-MNC); `default` for the others.
    ByPlace(BTreeMap<String, f64>),
}

impl FromStr for PriceValue {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self::OfAll)
            .map_err(|_| "expected a number, such as 0.004; a table of prices needs a pipeline file")
    }
}

impl<'de> Deserialize<'de> for PriceValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = PriceValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price, such as 0.004, or a table of prices by country and network")
            }

            fn visit_f64<E: Error>(self, price: f64) -> Result<PriceValue, E> {
                Ok(PriceValue::OfAll(price))
            }

            fn visit_i64<E: Error>(self, price: i64) -> Result<PriceValue, E> {
                Ok(PriceValue::OfAll(price as f64))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<PriceValue, A::Error> {
                entries(table).map(PriceValue::ByPlace)
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

fn entries<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    mut table: A,
) -> Result<BTreeMap<String, T>, A::Error> {
    let mut entries = BTreeMap::new();
    while let Some((name, value)) = table.next_entry()? {
        entries.insert(name, value);
    }
    Ok(entries)
}

/// A number of MiB, in bytes.
pub(super) fn mebibytes(count: u32) -> usize {
    (count as usize).saturating_mul(1 << 20)
}
