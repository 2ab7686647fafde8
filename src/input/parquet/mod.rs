//! Parquet lists: every column and type is carried through unchanged, including nested ones,
//! dictionaries and metadata.

mod dictionary_size;
mod file;
mod open;
mod whole_numbers;

#[cfg(test)]
mod tests;

pub(super) use self::open::open_files;
