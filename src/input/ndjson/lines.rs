//! The lines of an NDJSON file, decompressed and counted.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use crate::input::csv::Compression;
use crate::input::error::InputError;
use crate::input::source::{ListFile, Meter};

/// The longest line that is read; more would not be a row of a list.
pub(super) const MAX_LINE_BYTES: usize = 16 << 20;
const BUFFER_BYTES: usize = 256 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Lines that are not blank.
pub(super) struct Lines {
    file: ListFile,
    reader: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(super) fn open(file: &ListFile, meter: Option<Meter>) -> Result<Self, InputError> {
        let reader = decompressed(file, meter).map_err(|fault| unreadable(file, fault))?;
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        Ok(Self { file: file.clone(), reader, line: Vec::new(), number: 0 })
    }

    /// The next line without the blanks around it; `None` after the last.
    pub(super) fn advance(&mut self) -> Result<Option<&[u8]>, InputError> {
        loop {
            self.line.clear();
            let limit = MAX_LINE_BYTES as u64 + 1;
            let count = (&mut self.reader)
                .take(limit)
                .read_until(b'\n', &mut self.line)
                .map_err(|fault| unreadable(&self.file, fault))?;
            self.number += 1;
            if count == 0 {
                return Ok(None);
            }
            if count > MAX_LINE_BYTES {
                let help =
                    "check that each line is one JSON object; a document is made into lines by jq -c '.[]'";
                return Err(self.malformed("is longer than 16 MiB", help));
            }
            if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(self.line.trim_ascii()))
    }

    /// The error of the current line.
    pub(super) fn malformed(&self, problem: &str, help: impl Into<String>) -> InputError {
        InputError::malformed(self.file.path(), format!("line {} {problem}", self.number), help)
    }
}

fn decompressed(file: &ListFile, meter: Option<Meter>) -> io::Result<Box<dyn Read + Send>> {
    let mut stream = file.metered_stream(meter)?;
    let mut head = Vec::new();
    stream.by_ref().take(16).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    let whole = Box::new(Cursor::new(head).chain(stream));
    match compression {
        Some(compression) => compression.decoder(whole),
        None => Ok(whole),
    }
}

fn unreadable(file: &ListFile, fault: io::Error) -> InputError {
    // A damaged archive explains itself in a text without a system error.
    match fault.raw_os_error() {
        None if fault.get_ref().is_some() => {
            InputError::malformed(file.path(), fault.to_string(), "fetch the file again")
        }
        _ => file.unreadable(fault),
    }
}
