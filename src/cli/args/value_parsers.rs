//! How flags with a closed set of values are read: by the names that pipeline files use.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::de::value::{Error, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};

/// Reads one of these names as the value that serde gives it.
pub(super) fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: for<'de> Deserialize<'de> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| {
        let name: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
        T::deserialize(name)
    })
}

/// Reads a number with or without a part behind a point.
pub(super) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "this is no number; write 50 or 0.5".to_owned())
}
