//! Names that are derived from another file's name and must fit into a folder.

use std::path::{Path, PathBuf};

use flate2::Crc;

/// The longest name of a file or folder, in bytes, on the file systems in common use.
pub(crate) const MAX_NAME_BYTES: usize = 255;

/// A sibling of a file, named `{before}{name}{after}`. A name that would be too long is cut short
/// at a character, and gets a checksum so that the siblings of two long names stay apart.
pub(crate) fn sibling(file: &Path, before: &str, name: &str, after: &str) -> PathBuf {
    file.with_file_name(fitting_name(before, name, after))
}

/// `{before}{name}{after}`, with the name cut short if it would be too long for a file.
pub(crate) fn fitting_name(before: &str, name: &str, after: &str) -> String {
    let room = MAX_NAME_BYTES.saturating_sub(before.len() + after.len());
    if name.len() <= room {
        return format!("{before}{name}{after}");
    }
    let mut checksum = Crc::new();
    checksum.update(name.as_bytes());
    let checksum = format!("~{:08x}", checksum.sum());
    let start = start_of(name, room.saturating_sub(checksum.len()));
    format!("{before}{start}{checksum}{after}")
}

/// The longest start of a text with at most this many bytes.
pub(super) fn start_of(text: &str, max_bytes: usize) -> &str {
    let mut end = max_bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_stays_as_it_is() {
        assert_eq!(fitting_name(".", "out.csv", ".lock"), ".out.csv.lock");
        let longest = "x".repeat(249);
        assert_eq!(fitting_name(".", &longest, ".lock"), format!(".{longest}.lock"));
        assert_eq!(
            sibling(Path::new("folder/out.csv"), "", "out", ".partial.csv"),
            Path::new("folder/out.partial.csv")
        );
    }

    #[test]
    fn a_long_name_is_cut_at_a_character_and_stays_apart_from_others() {
        for letter in ["x", "å", "電", "😀"] {
            let name: String = letter.repeat(255 / letter.len());
            let other = format!("{}!", &name[..name.len() - letter.len()]);
            let cut = fitting_name(".", &name, ".lock");
            assert!(cut.len() <= MAX_NAME_BYTES && cut.len() > 250 - letter.len(), "{cut}");
            assert!(cut.starts_with(&format!(".{letter}")) && cut.ends_with(".lock"), "{cut}");
            assert_ne!(cut, fitting_name(".", &other, ".lock"));
            assert_eq!(cut, fitting_name(".", &name, ".lock"));
        }
    }
}
