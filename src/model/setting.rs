//! A setting as people are shown it.

/// A setting with where it came from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Setting {
    /// Its key.
    pub name: String,
    /// Its value, as people write it.
    pub value: String,
    /// A flag, a file, or a kind of default.
    pub origin: String,
}
