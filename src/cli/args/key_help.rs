//! The help of a flag is the documentation of its key: one text for the terminal, the man page and
//! the library.

use crate::config::RawConfig;

/// The first paragraph of a key's documentation.
///
/// # Panics
///
/// When there is no such key; a test builds every command.
pub(super) fn help(key: &str) -> String {
    let text = long_help(key);
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

/// The whole documentation of a key.
///
/// # Panics
///
/// When there is no such key; a test builds every command.
pub(super) fn long_help(key: &str) -> String {
    let key = RawConfig::KEYS.iter().find(|known| known.name == key).expect("the flag has a key of its name");
    let paragraphs = key.doc.split("\n\n").map(|text| text.trim().replace("\n ", " "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}
