//! `.gz`, `.zst`, `.bz2` and `.xz`, recognized by their first bytes and not by their names.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;

use crate::model::BoxError;

/// How much compressed data is fetched at once.
const BUFFER_BYTES: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::input) enum Compression {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Compression {
    /// By RFC 1952, 2.3.1, and RFC 8878, 3.1.1 and 3.1.2: a Zstandard file may begin with a
    /// skippable frame.
    pub(in crate::input) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1F, 0x8B, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Self::Zstd),
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', ..] => Some(Self::Bzip2),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    /// Decompresses to the end of the file; archives that were joined with `cat` are read as one.
    pub(in crate::input) fn decoder(self, reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        let decoder: Box<dyn Read + Send> = match self {
            Self::Gzip => Box::new(GzipMembers::new(reader)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(reader)),
            Self::Xz => Box::new(XzReader::new(reader, true)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(reader)?),
        };
        Ok(Box::new(Explained { decoder, name: self.name() }))
    }
}

/// The members of a gzip file. Zeros behind the last one fill a block of a tape or a disk, and are
/// passed over, as gzip does.
struct GzipMembers<R> {
    /// `None` only while the next member is opened.
    member: Option<GzDecoder<R>>,
    is_at_end: bool,
}

impl<R: BufRead> GzipMembers<R> {
    fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(reader)), is_at_end: false }
    }

    fn open_next_member(&mut self) -> io::Result<()> {
        let mut reader = self.member.take().expect("it is replaced at once").into_inner();
        loop {
            let bytes = reader.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            self.is_at_end = bytes.is_empty();
            let is_padding = zeros > 0 && zeros == bytes.len();
            reader.consume(zeros);
            if !is_padding {
                break;
            }
        }
        self.member = Some(GzDecoder::new(reader));
        Ok(())
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.is_at_end {
            let count = self.member.as_mut().expect("it is replaced at once").read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.open_next_member()?;
        }
        Ok(0)
    }
}

/// Compressed data that cannot be decompressed, as the content of an [`io::Error`].
#[derive(Debug)]
pub(super) struct DamagedArchive {
    compression: &'static str,
    cause: io::Error,
}

impl DamagedArchive {
    /// The error of the decompressor, where the error is of this type.
    pub(super) fn cause(error: BoxError) -> Option<BoxError> {
        error.downcast::<Self>().ok().map(|damaged| damaged.cause.into())
    }
}

impl fmt::Display for DamagedArchive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} data is damaged or cut short", self.compression)
    }
}

impl Error for DamagedArchive {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

/// Names the compression in the errors of a decoder.
struct Explained {
    decoder: Box<dyn Read + Send>,
    name: &'static str,
}

impl Read for Explained {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).map_err(|fault| match fault.kind() {
            io::ErrorKind::Interrupted => fault,
            kind => io::Error::new(kind, DamagedArchive { compression: self.name, cause: fault }),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(packed: Vec<u8>) -> io::Result<Vec<u8>> {
        let compression = Compression::of(&packed).expect("the magic is known");
        let mut content = Vec::new();
        compression.decoder(Box::new(Cursor::new(packed)))?.read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn joined_archives_are_read_as_one() {
        let zstd = |content: &[u8]| zstd::encode_all(content, 1).unwrap();
        assert_eq!(unpack([gzip(b"a\n"), gzip(b""), gzip(b"b\n")].concat()).unwrap(), b"a\nb\n");
        assert_eq!(unpack([zstd(b"a\n"), zstd(b"b\n")].concat()).unwrap(), b"a\nb\n");
    }

    #[test]
    fn zeros_behind_gzip_data_are_padding() {
        for zeros in [1, 511, 200_000] {
            let padded = [gzip(b"a\n"), gzip(b"b\n"), vec![0; zeros]].concat();
            assert_eq!(unpack(padded).unwrap(), b"a\nb\n", "{zeros}");
        }
        let damaged = [gzip(b"a\n"), b"garbage".to_vec()].concat();
        assert!(unpack(damaged).is_err());
    }

    #[test]
    fn bzip2_and_xz_are_unpacked() {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(b"a\n").unwrap();
        assert_eq!(unpack(encoder.finish().unwrap()).unwrap(), b"a\n");
        // printf 'a\n' | xz
        let xz = include_bytes!("test_data/line.xz");
        assert_eq!(unpack(xz.to_vec()).unwrap(), b"a\n");
    }

    #[test]
    fn plain_text_is_not_an_archive() {
        assert_eq!(Compression::of(b"name,phone"), None);
        assert_eq!(Compression::of(b""), None);
    }

    #[test]
    fn an_archive_that_is_cut_short_is_an_error() {
        let whole = gzip(b"name,phone\n");
        let message = unpack(whole[..whole.len() - 4].to_vec()).unwrap_err().to_string();
        assert!(message.contains("gzip data is damaged or cut short"), "{message}");
    }
}
