//! A file opened as text: decompressed, in UTF-8 as far as possible, with its beginning at hand.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::compression::Compression;
use super::encoding::Encoding;
use super::source::TextSource;
use crate::input::error::InputError;
use crate::input::file_format;
use crate::input::file_format::FileFormat;
use crate::input::foreign_text;
use crate::input::settings::InputSettings;

/// How much of a file is inspected to find out how it is written.
pub(super) const HEAD_BYTES: usize = 64 << 10;

/// How much is inspected where that is less than a few lines.
const LONG_HEAD_BYTES: usize = 1 << 20;

/// How many lines the head should have.
const MIN_LINES: usize = 20;

/// Counts the bytes that were read from disk.
pub(super) type Meter = Arc<AtomicU64>;

/// An opened file.
pub(super) struct Text {
    /// The first [`HEAD_BYTES`] of text, more where lines are long, or all of it if `is_whole`.
    pub(super) head: Vec<u8>,
    pub(super) is_whole: bool,
    pub(super) encoding: &'static str,
    pub(super) compression: Option<&'static str>,
    /// What is unusual about the encoding.
    pub(super) remark: Option<String>,
    rest: Box<dyn Read + Send>,
}

impl Text {
    /// Opens and reads the head. Bytes read from disk are counted on the meter, if there is one.
    pub(super) fn open(
        source: &TextSource,
        meter: Option<Meter>,
        settings: &InputSettings,
    ) -> Result<Self, InputError> {
        let mut reader = source.open().map_err(|fault| source.unreadable(fault))?;
        if let Some(meter) = meter {
            reader = Box::new(Metered { reader, meter });
        }
        let raw = head_of(&mut *reader).map_err(|fault| source.unreadable(fault))?;
        ensure_text(&raw, source)?;
        let compression = Compression::of(&raw);
        let mut reader: Box<dyn Read + Send> = Box::new(Cursor::new(raw).chain(reader));
        if let Some(compression) = compression {
            reader = compression.decoder(reader).map_err(|fault| source.unreadable(fault))?;
        }
        Self::decode(reader, compression, source, settings)
    }

    fn decode(
        mut reader: Box<dyn Read + Send>,
        compression: Option<Compression>,
        source: &TextSource,
        settings: &InputSettings,
    ) -> Result<Self, InputError> {
        let unreadable = |fault| source.unreadable(fault);
        let plain = head_of(&mut *reader).map_err(unreadable)?;
        ensure_text(&plain, source)?;
        let encoding = settings.encoding.map_or_else(|| Encoding::of(&plain), Encoding::given);
        let mut rest = encoding.decoder(Box::new(Cursor::new(plain).chain(reader)));
        skip_lines(&mut *rest, settings.skip_lines.unwrap_or(0)).map_err(unreadable)?;
        let (head, is_whole) = long_head_of(&mut *rest).map_err(unreadable)?;
        foreign_text::ensure_list(&head, source.name())?;
        Ok(Self {
            is_whole,
            head,
            encoding: encoding.name(),
            compression: compression.map(Compression::name).or_else(|| source.is_zipped().then_some("zip")),
            remark: encoding.remark(),
            rest,
        })
    }

    /// The whole text, from its beginning.
    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        Box::new(Cursor::new(self.head).chain(self.rest))
    }
}

fn head_of(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads on where the head has only a few lines.
fn long_head_of(reader: &mut dyn Read) -> io::Result<(Vec<u8>, bool)> {
    let mut head = head_of(reader)?;
    let mut is_whole = head.len() < HEAD_BYTES;
    if !is_whole && memchr::memchr2_iter(b'\n', b'\r', &head).take(MIN_LINES).count() < MIN_LINES {
        reader.take((LONG_HEAD_BYTES - HEAD_BYTES) as u64).read_to_end(&mut head)?;
        is_whole = head.len() < LONG_HEAD_BYTES;
    }
    Ok((head, is_whole))
}

/// Reads up to the end of as many lines, whatever is in them.
fn skip_lines(reader: &mut dyn Read, lines: u64) -> io::Result<()> {
    let mut byte = [0];
    let mut left = lines;
    while left > 0 && reader.read(&mut byte)? > 0 {
        left -= u64::from(byte[0] == b'\n');
    }
    Ok(())
}

fn ensure_text(head: &[u8], source: &TextSource) -> Result<(), InputError> {
    match file_format::of_bytes(head, source.name())? {
        FileFormat::Csv => Ok(()),
        FileFormat::Parquet => Err(InputError::malformed(
            source.name(),
            "Parquet can be read only from an uncompressed file on disk",
            "unpack it, or save it to a file",
        )),
    }
}

struct Metered {
    reader: Box<dyn Read + Send>,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.meter.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
