//! How long a value of a dictionary may be.
//!
//! The footer has the bytes of a column as they are stored, where a value that comes in many rows
//! is stored once. Each row takes a copy of it when it is read. The header of a dictionary page has
//! the size of the dictionary, and no value is longer.

use std::io::Read;

use ::parquet::basic::Type;
use ::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use crate::input::source::FileRanges;

/// The header begins with the kind of the page and its size, as 32-bit integers.
const HEADER_START: usize = 24;
/// The kind of a dictionary page.
const DICTIONARY_PAGE: i64 = 2;

/// The bytes of the largest dictionary of texts in a file; 0 if there is none.
pub(super) fn largest_dictionary(ranges: &FileRanges, metadata: &ParquetMetaData) -> usize {
    let groups = metadata.row_groups().iter();
    let of_texts = groups
        .flat_map(|group| group.columns())
        .filter(|column| matches!(column.column_type(), Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY));
    of_texts.filter_map(|column| dictionary_bytes(ranges, column)).max().unwrap_or(0)
}

fn dictionary_bytes(ranges: &FileRanges, column: &ColumnChunkMetaData) -> Option<usize> {
    let start = u64::try_from(column.dictionary_page_offset()?).ok()?;
    let mut header = Vec::with_capacity(HEADER_START);
    ranges.unbuffered_at(start).take(HEADER_START as u64).read_to_end(&mut header).ok()?;
    let mut header = header.as_slice();
    let kind = integer_field(&mut header)?;
    let bytes = integer_field(&mut header)?;
    usize::try_from(bytes).ok().filter(|_| kind == DICTIONARY_PAGE)
}

/// The next field of a structure in Thrift's compact protocol, if it is the next in number and a
/// 32-bit integer.
fn integer_field(bytes: &mut &[u8]) -> Option<i64> {
    const NEXT_FIELD_I32: u8 = 0x15;
    let (&field, rest) = bytes.split_first()?;
    *bytes = rest;
    (field == NEXT_FIELD_I32).then(|| zigzag(bytes))?
}

fn zigzag(bytes: &mut &[u8]) -> Option<i64> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
        if shift > 35 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fields_of_a_page_header_are_read() {
        let mut header: &[u8] = &[0x15, 0x04, 0x15, 0x80, 0x80, 0x80, 0x78, 0x15, 0x10];
        assert_eq!(integer_field(&mut header), Some(2));
        assert_eq!(integer_field(&mut header), Some(120 << 20));
        let mut other: &[u8] = &[0x18, 0x04];
        assert_eq!(integer_field(&mut other), None);
        let mut endless: &[u8] = &[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(integer_field(&mut endless), None);
        assert_eq!(integer_field(&mut &[][..]), None);
    }
}
