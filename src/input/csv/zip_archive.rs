//! A list in a zip archive: the only file in it. Workbooks are zip archives too; `workbook` knows
//! and takes them before anyone looks for a list here.

use std::io::{self, Read};

use flate2::CrcReader;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::input::error::InputError;
use crate::input::source::ListFile;

/// The first bytes of a zip archive.
pub(in crate::input) const MAGIC: &[u8] = b"PK\x03\x04";

/// A file in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::input) struct Entry {
    start: u64,
    stored_bytes: u64,
    is_deflated: bool,
    crc: u32,
}

/// The list in an archive.
pub(in crate::input) fn inspect(file: &ListFile) -> Result<Entry, InputError> {
    let refused = |problem: &str, help: &str| InputError::malformed(file.path(), problem, help);
    let damaged = || refused("this zip archive is damaged or cut short", "fetch it again");
    let mut archive = ZipArchive::new(file.ranges()?.reader_at(0)).map_err(|_| damaged())?;
    let names: Vec<String> =
        archive.file_names().map(|name| name.map(Into::into).unwrap_or_default()).collect();
    if names.iter().any(|name| name == "[Content_Types].xml" || name == "mimetype") {
        let help = "save its table as CSV UTF-8";
        return Err(refused("this is an office document that cannot be read as a list", help));
    }
    let is_list = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or_default();
        !last.is_empty() && !last.starts_with('.') && !name.starts_with("__MACOSX/")
    };
    let lists: Vec<usize> = (0..names.len()).filter(|index| is_list(&names[*index])).collect();
    let [index] = lists[..] else {
        let problem = format!("this zip archive has {} files", lists.len());
        return Err(refused(&problem, "unpack it, and give the files that are lists"));
    };
    let entry = archive.by_index_raw(index).map_err(|_| damaged())?;
    let is_deflated = match entry.compression() {
        _ if entry.encrypted() => return Err(refused("this zip archive is encrypted", "unpack it first")),
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        _ => return Err(refused("this zip archive is compressed in an unusual way", "unpack it first")),
    };
    let start = entry.data_start().ok_or_else(damaged)?;
    Ok(Entry { start, stored_bytes: entry.compressed_size(), is_deflated, crc: entry.crc32() })
}

/// The content of a file in an archive.
pub(super) fn unpack(archive: &ListFile, entry: Entry) -> io::Result<Box<dyn Read + Send>> {
    let ranges = archive.ranges().map_err(io::Error::other)?;
    let stored = ranges.reader_at(entry.start).take(entry.stored_bytes);
    let reader: Box<dyn Read + Send> = match entry.is_deflated {
        true => Box::new(DeflateDecoder::new(stored)),
        false => Box::new(stored),
    };
    Ok(Box::new(Checked { reader: CrcReader::new(reader), expected: entry.crc }))
}

/// Text whose checksum is compared at its end.
struct Checked {
    reader: CrcReader<Box<dyn Read + Send>>,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.reader.crc().sum() != self.expected {
            return Err(io::Error::other("the checksum of the file in the zip archive is wrong"));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;

    fn list_file(file: &tempfile::NamedTempFile) -> ListFile {
        file.path().to_owned().into()
    }

    fn inspected(files: &[(&str, &str)]) -> Result<Entry, InputError> {
        inspect(&list_file(&archive(files)))
    }

    fn archive(files: &[(&str, &str)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = zip::ZipWriter::new(file.reopen().unwrap());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, content) in files {
            writer.start_file(*name, options).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    #[test]
    fn the_only_file_is_the_list() {
        let file = archive(&[("export/list.csv", "phone\n46\n"), ("__MACOSX/._list.csv", "x")]);
        let entry = inspect(&list_file(&file)).unwrap();
        let mut text = String::new();
        unpack(&list_file(&file), entry).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "phone\n46\n");
        let wrong = Entry { crc: 1, ..entry };
        assert!(unpack(&list_file(&file), wrong).unwrap().read_to_string(&mut text).is_err());
    }

    #[test]
    fn archives_without_one_list_are_refused() {
        let odt = [("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "")];
        for (files, part) in [
            (&[][..], "0 files"),
            (&[("a.csv", ""), ("b.csv", "")], "2 files"),
            (&odt, "office document that cannot"),
            (&[("[Content_Types].xml", ""), ("word/document.xml", "")], "office document that cannot"),
        ] {
            let message = inspected(files).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
