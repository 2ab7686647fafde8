//! Text in other encodings becomes UTF-8: Windows-1252 cell by cell, all others as a whole.
//!
//! A list from several sources may have UTF-8 in one row and Windows-1252 in the next, so each cell
//! that is not UTF-8 is decoded alone. Windows-1252 has a meaning for every byte, as the WHATWG
//! Encoding Standard defines it, so decoding never fails.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much text is decoded at once.
const CHUNK_BYTES: usize = 32 << 10;

/// How much of a file without a byte order mark is searched for the pattern of UTF-16.
const SEARCHED_BYTES: usize = 4 << 10;

/// Fewer zero bytes than this may have any reason.
const MIN_ZEROS: usize = 4;

/// With fewer letters than this a guess is no better than Windows-1252.
const MIN_LETTERS: usize = 6;

const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The encoding of a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    /// UTF-8 stands for any superset of ASCII, whose cells are decoded one by one.
    encoding: &'static encoding_rs::Encoding,
    is_guess: bool,
}

impl Encoding {
    /// What the user says. UTF-8 and Windows-1252 are both read cell by cell.
    pub(super) fn given(encoding: &'static encoding_rs::Encoding) -> Self {
        Self { encoding, is_guess: false }
    }

    /// By the byte order mark, or else by the places of zero bytes, or else by the frequency of
    /// letters.
    pub(super) fn of(head: &[u8]) -> Self {
        let encoding = match head {
            [0xFF, 0xFE, ..] => UTF_16LE,
            [0xFE, 0xFF, ..] => UTF_16BE,
            _ if head.starts_with(UTF_8_MARK) => UTF_8,
            _ => match utf_16(head) {
                Some(encoding) => encoding,
                None => return legacy(head),
            },
        };
        Self::given(encoding)
    }

    pub(super) fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// What a user should know of a guess.
    pub(super) fn remark(self) -> Option<String> {
        self.is_guess.then(|| format!("the encoding looks like {} (--encoding overrides)", self.name()))
    }

    /// The text without its byte order mark, as UTF-8; a superset of ASCII stays as it is.
    pub(super) fn decoder(self, reader: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        match self.encoding == UTF_8 {
            true => Box::new(WithoutMark { reader, is_at_start: true }),
            false => Box::new(Decoded::new(reader, self.encoding.new_decoder_with_bom_removal())),
        }
    }
}

/// In UTF-16, digits, delimiters and line ends have a zero byte each, always on the same side, and
/// a list is full of them.
fn utf_16(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
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
        (true, _) => Some(UTF_16BE),
        (_, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-8 where most of what is not ASCII is; single cells may be Windows-1252. Otherwise what the
/// letters look like.
fn legacy(head: &[u8]) -> Encoding {
    let as_utf_8 = Encoding::given(UTF_8);
    let (mut valid, mut invalid) = (0, 0);
    for chunk in head.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    if invalid == 0 || valid >= invalid {
        return as_utf_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    match encoding == WINDOWS_1252 || encoding == UTF_8 || invalid < MIN_LETTERS {
        true => as_utf_8,
        false => Encoding { encoding, is_guess: true },
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

/// Text in another encoding as UTF-8; what it does not have becomes U+FFFD.
struct Decoded {
    reader: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Box<[u8]>,
    /// Decoded text that was not read yet.
    text: Cursor<String>,
    is_at_end: bool,
}

impl Decoded {
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

impl Read for Decoded {
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
            assert_eq!(decoded(&utf16(written, u16::to_le_bytes)), (Encoding::given(UTF_16LE), text.into()));
            assert_eq!(decoded(&utf16(written, u16::to_be_bytes)), (Encoding::given(UTF_16BE), text.into()));
        }
    }

    #[test]
    fn utf_8_is_unchanged_except_for_its_mark() {
        for text in ["", "a", "ab", "name\n", "Åse\n", "a\0b\n"] {
            assert_eq!(decoded(text.as_bytes()), (Encoding::given(UTF_8), text.into()));
            assert_eq!(decoded(format!("\u{FEFF}{text}").as_bytes()), (Encoding::given(UTF_8), text.into()));
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
