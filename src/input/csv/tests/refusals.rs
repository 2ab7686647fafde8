//! What cannot be a list is refused by its name.

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
