//! Text in other encodings becomes UTF-8: UTF-16 as a whole, Windows-1252 cell by cell.
//!
//! A list from several sources may have UTF-8 in one row and Windows-1252 in the next, so each cell
//! that is not UTF-8 is decoded alone. Windows-1252 has a meaning for every byte, as the WHATWG
//! Encoding Standard defines it, so decoding never fails.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much UTF-16 is decoded at once.
const CHUNK_BYTES: usize = 32 << 10;

/// How much of a file without a byte order mark is searched for the pattern of UTF-16.
const SEARCHED_BYTES: usize = 4 << 10;

/// Fewer zero bytes than this may have any reason.
const MIN_ZEROS: usize = 4;

const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The encoding of a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Or any superset of ASCII.
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// By the byte order mark, or else by the places of zero bytes: in UTF-16, digits, delimiters
    /// and line ends have one each, always on the same side, and a list is full of them.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0xFF, 0xFE, ..] => return Self::Utf16Le,
            [0xFE, 0xFF, ..] => return Self::Utf16Be,
            _ if head.starts_with(UTF_8_MARK) => return Self::Utf8,
            _ => {}
        }
        let pairs = head[..head.len().min(SEARCHED_BYTES)].chunks_exact(2);
        let count = pairs.len();
        let (mut first_zero, mut second_zero) = (0, 0);
        for pair in pairs {
            first_zero += usize::from(pair[0] == 0);
            second_zero += usize::from(pair[1] == 0);
        }
        let many = |zeros: usize| zeros >= MIN_ZEROS && zeros * 5 >= count * 2;
        let few = |zeros: usize| zeros * 20 <= count;
        match (many(first_zero) && few(second_zero), many(second_zero) && few(first_zero)) {
            (true, _) => Self::Utf16Be,
            (_, true) => Self::Utf16Le,
            _ => Self::Utf8,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        }
    }

    /// The text without its byte order mark: UTF-16 as UTF-8, everything else unchanged.
    pub(super) fn decoder(self, reader: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        match self {
            Self::Utf8 => Box::new(WithoutMark { reader, is_at_start: true }),
            Self::Utf16Le => Box::new(Utf16::new(reader, UTF_16LE.new_decoder_with_bom_removal())),
            Self::Utf16Be => Box::new(Utf16::new(reader, UTF_16BE.new_decoder_with_bom_removal())),
        }
    }
}

/// A cell that is not UTF-8, as Windows-1252.
pub(super) fn from_windows_1252(cell: &[u8]) -> Cow<'_, str> {
    WINDOWS_1252.decode_without_bom_handling(cell).0
}

/// Skips the UTF-8 byte order mark.
struct WithoutMark {
    reader: Box<dyn Read + Send>,
    is_at_start: bool,
}

impl Read for WithoutMark {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_at_start {
            self.is_at_start = false;
            let mut start = Vec::with_capacity(UTF_8_MARK.len());
            self.reader.by_ref().take(UTF_8_MARK.len() as u64).read_to_end(&mut start)?;
            if start != UTF_8_MARK {
                let reader = std::mem::replace(&mut self.reader, Box::new(io::empty()));
                self.reader = Box::new(Cursor::new(start).chain(reader));
            }
        }
        self.reader.read(buffer)
    }
}

/// UTF-16 as UTF-8; a surrogate without its other half becomes U+FFFD.
struct Utf16 {
    reader: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Box<[u8]>,
    /// Decoded text that was not read yet.
    text: Cursor<String>,
    is_at_end: bool,
}

impl Utf16 {
    fn new(reader: Box<dyn Read + Send>, decoder: Decoder) -> Self {
        let raw = vec![0; CHUNK_BYTES].into_boxed_slice();
        Self { reader, decoder, raw, text: Cursor::default(), is_at_end: false }
    }

    fn decode_chunk(&mut self) -> io::Result<()> {
        let count = self.reader.read(&mut self.raw)?;
        self.is_at_end = count == 0;
        let mut text = std::mem::take(&mut self.text).into_inner();
        text.clear();
        let bound =
            self.decoder.max_utf8_buffer_length(count).expect("a chunk is far from the limits of memory");
        text.reserve(bound);
        let _ = self.decoder.decode_to_string(&self.raw[..count], &mut text, self.is_at_end);
        self.text = Cursor::new(text);
        Ok(())
    }
}

impl Read for Utf16 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.text.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.is_at_end {
                return Ok(count);
            }
            self.decode_chunk()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    fn decoded(bytes: &[u8]) -> (Encoding, String) {
        let encoding = Encoding::of(bytes);
        let mut text = String::new();
        encoding.decoder(Box::new(Cursor::new(bytes.to_vec()))).read_to_string(&mut text).unwrap();
        (encoding, text)
    }

    #[test]
    fn utf_16_is_recognized_by_its_mark_and_by_its_zeros() {
        let text = "navn;telefon\nÅse 👩‍🚒;+46701234567\n";
        let marked = format!("\u{FEFF}{text}");
        for written in [text, &marked] {
            assert_eq!(decoded(&utf16(written, u16::to_le_bytes)), (Encoding::Utf16Le, text.into()));
            assert_eq!(decoded(&utf16(written, u16::to_be_bytes)), (Encoding::Utf16Be, text.into()));
        }
    }

    #[test]
    fn utf_8_is_unchanged_except_for_its_mark() {
        for text in ["", "a", "ab", "name\n", "Åse\n", "a\0b\n"] {
            assert_eq!(decoded(text.as_bytes()), (Encoding::Utf8, text.into()));
            assert_eq!(decoded(format!("\u{FEFF}{text}").as_bytes()), (Encoding::Utf8, text.into()));
        }
    }

    #[test]
    fn characters_on_the_seam_of_two_chunks_survive() {
        let text = "x".to_owned() + &"👩".repeat(CHUNK_BYTES);
        let marked = format!("\u{FEFF}{text}");
        assert!(decoded(&utf16(&marked, u16::to_le_bytes)).1 == text);
    }

    #[test]
    fn windows_1252_has_a_letter_for_every_byte() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(from_windows_1252(&bytes).chars().count(), 256);
        assert_eq!(from_windows_1252(b"Bj\xF6rk \x80"), "Björk €");
    }
}
