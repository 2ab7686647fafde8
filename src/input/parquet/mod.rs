//! Parquet lists: every column and type is carried through unchanged, including nested ones,
//! dictionaries and metadata.

mod open;

#[cfg(test)]
mod tests;

pub(super) use self::open::open_files;
