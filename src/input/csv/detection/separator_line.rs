//! The first line `sep=;`, with which Excel reads a list as it was written.

use crate::input::settings::Delimiter;

/// The line that names the delimiter.
pub(super) struct SeparatorLine {
    pub(super) delimiter: Delimiter,
    /// The length of the line and its end.
    pub(super) bytes: u64,
}

pub(super) fn separator_line(head: &[u8]) -> Option<SeparatorLine> {
    let end = memchr::memchr2(b'\n', b'\r', head)?;
    let line = str::from_utf8(&head[..end]).ok()?;
    let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    let sign = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    let delimiter = Delimiter::new(sign)?;
    let line_end = if head[end..].starts_with(b"\r\n") { 2 } else { 1 };
    Some(SeparatorLine { delimiter, bytes: (end + line_end) as u64 })
}
