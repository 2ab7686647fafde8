//! What cannot be a list is refused by its name.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::try_read;

#[test]
fn a_file_that_cannot_be_a_list_is_an_error_with_help() {
    let long_row = "a,b\n".to_owned() + &"1,2\n".repeat(20) + "1,\"" + &"x,y".repeat(1 << 19);
    let gzip_head = b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc";
    for (content, parts) in [
        (long_row.as_bytes(), ["row near line 22 is longer than 1 MiB", "close it"]),
        (gzip_head, ["list.csv: the gzip data is damaged or cut short", "fetch the file again"]),
        (b"PK\x03\x04", ["zip archive is damaged", "fetch it again"]),
        (b"<!DOCTYPE html>\n<html>", ["web page", "browser"]),
        (b"BEGIN:VCARD\nTEL:+46", ["vCard", "CSV"]),
    ] {
        let message = try_read(content).err().expect("it is not a list");
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }
}

const NDJSON: &[u8] = b"{\"phone\": \"+46701740605\", \"name\": \"Ann\"}\n{\"phone\": \"+46701740606\"}\n";
const ONLY_FROM_A_FILE: &str = "this is NDJSON, which is read only from a file\nhelp: save it to a file";

#[test]
fn ndjson_in_an_archive_is_not_read_as_csv() {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("list.ndjson", SimpleFileOptions::default()).unwrap();
    archive.write_all(NDJSON).unwrap();
    let message = try_read(archive.finish().unwrap().into_inner()).err().expect("it is refused");
    assert!(message.contains(ONLY_FROM_A_FILE), "{message}");
}

#[cfg(unix)]
#[test]
fn ndjson_from_a_pipe_is_not_read_as_csv() {
    let message = super::open_piped(NDJSON).err().expect("it is refused").to_string();
    assert!(message.contains("this is NDJSON, which is read only from a file"), "{message}");
}
