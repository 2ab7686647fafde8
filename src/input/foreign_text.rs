//! Text that is not a list, although its first bytes are letters: a web page, a dump, a pointer.

use std::path::Path;

use serde_json::{Deserializer, Value};

use super::error::InputError;

/// What a text is by its beginning, in lower case, and what to do about it.
const BEGINNINGS: [(&str, &str, &str); 17] = [
    (
        "version https://git-lfs.github.com/",
        "this is a pointer of Git LFS, and the list is not here",
        "fetch the content with: git lfs pull",
    ),
    ("begin:vcard", "this is a vCard file of contacts", "export the contacts as CSV"),
    ("begin:vcalendar", "this is a calendar", "give a CSV or Parquet file"),
    ("{\\rtf", "this is a rich text document", "save it as CSV or as plain text"),
    ("%!ps", "this is a PostScript document", "give a CSV or Parquet file"),
    ("-- mysql dump", SQL, AS_CSV),
    ("-- mariadb dump", SQL, AS_CSV),
    ("-- postgresql database dump", SQL, AS_CSV),
    ("-- phpmyadmin sql dump", SQL, AS_CSV),
    ("insert into ", SQL, AS_CSV),
    ("create table ", SQL, AS_CSV),
    ("drop table ", SQL, AS_CSV),
    ("pragma foreign_keys", SQL, AS_CSV),
    ("begin transaction;", SQL, AS_CSV),
    ("/*!", SQL, AS_CSV),
    ("dn: ", "this is an LDIF file of a directory", "export the entries as CSV"),
    ("-----begin ", "this is encrypted or a key", "decrypt it first"),
];

const SQL: &str = "this is an SQL dump";
const AS_CSV: &str = "export the table as CSV: mysql --batch, \\copy ... csv header, or sqlite3 -csv";

const BLANK: &str = "this file begins with zero bytes, and has no text";

/// Refuses text that is known not to be a list of rows.
pub(super) fn ensure_list(head: &[u8], path: &Path) -> Result<(), InputError> {
    let text = String::from_utf8_lossy(&head[..head.len().min(64 << 10)]);
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    if text.contains('\0') && text.chars().all(is_blank) {
        return Err(InputError::malformed(path, BLANK, "check how it was made, or transfer it again"));
    }
    match foreign(text.trim_start_matches('\u{FEFF}').trim_start()) {
        Some((problem, help)) => Err(InputError::malformed(path, problem, help)),
        None => Ok(()),
    }
}

fn foreign(text: &str) -> Option<(&'static str, &'static str)> {
    let start: String = text.chars().take(64).collect::<String>().to_lowercase();
    if let Some((_, problem, help)) = BEGINNINGS.iter().find(|(beginning, ..)| start.starts_with(beginning)) {
        return Some((problem, help));
    }
    if is_sql(text) {
        return Some((SQL, AS_CSV));
    }
    match text.chars().next()? {
        '<' => markup(&start),
        '{' if is_ndjson(text) => Some((
            "this is NDJSON, which is read only from a file",
            "save it to a file in UTF-8 (unpacked, or as .gz or .zst)",
        )),
        '{' | '[' if is_json(text) => Some((
            "this is JSON, and not a list of rows",
            "give one object in each line (NDJSON), for example by: jq -c '.[]', or a CSV file",
        )),
        _ => None,
    }
}

/// Comments of SQL, and then a statement.
fn is_sql(text: &str) -> bool {
    let is_comment = |line: &&str| line.is_empty() || line.starts_with("--");
    let mut lines = text.lines().map(str::trim).skip_while(is_comment);
    let statement = lines.next().unwrap_or_default().to_lowercase();
    let is_statement =
        ["insert into ", "create table ", "drop table ", "set ", "begin;", "start transaction"]
            .iter()
            .any(|start| statement.starts_with(start));
    text.starts_with("--") && is_statement
}

fn markup(start: &str) -> Option<(&'static str, &'static str)> {
    let name: String =
        start[1..].chars().take_while(|c| c.is_ascii_alphanumeric() || "!?-:".contains(*c)).collect();
    match name.as_str() {
        "!doctype" | "html" | "head" | "body" | "table" | "div" | "script" | "meta" | "!--" => Some((
            "this is a web page and not a list",
            "open it in a browser: a sign-in page or an error may have been saved in place of the list",
        )),
        _ if name.starts_with(|c: char| c == '?' || c.is_ascii_alphabetic()) && start.contains('>') => {
            Some(("this is XML", "export the list as CSV, or save the sheet as CSV UTF-8"))
        }
        _ => None,
    }
}

/// Whether the first line is a JSON object. What reads NDJSON has taken every file of which it can
/// read the first line, so this text is from a pipe or an archive.
fn is_ndjson(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    matches!(serde_json::from_str::<Value>(line.trim()), Ok(Value::Object(_)))
}

/// Whether the text begins like JSON.
fn is_json(text: &str) -> bool {
    match Deserializer::from_str(text).into_iter::<Value>().next() {
        Some(Ok(value)) => value.is_array() || value.is_object(),
        // What was cut short is JSON if nothing before its end is wrong.
        Some(Err(fault)) => fault.is_eof(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_other_kinds_is_refused_by_its_name() {
        for (text, kind) in [
            ("<!DOCTYPE html>\n<html>", "web page"),
            ("\u{FEFF} \n<html lang=\"en\"><body>404", "web page"),
            ("<table border=1><tr><td>phone", "web page"),
            ("<?xml version=\"1.0\"?><Workbook>", "XML"),
            ("<Error><Code>AccessDenied</Code></Error>", "XML"),
            ("[{\"phone\": 1},\n{\"phone\": 2}]", "JSON"),
            ("[\n  {\n    \"phone\": \"+46\"", "JSON"),
            ("{\n  \"contacts\": [", "JSON"),
            ("{\"phone\": \"+46701740605\"}\n{\"phone\": 2}\n", "NDJSON"),
            ("{\"error\": \"not allowed\"}", "NDJSON"),
            ("BEGIN:VCARD\r\nVERSION:3.0", "vCard"),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:", "Git LFS"),
            ("-- MySQL dump 10.13\n", "SQL"),
            ("--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;", "SQL"),
            ("INSERT INTO contacts VALUES (1);", "SQL"),
            ("dn: cn=Ann,dc=example\n", "LDIF"),
            ("{\\rtf1\\ansi", "rich text"),
        ] {
            let (problem, help) = foreign(text.trim_start_matches('\u{FEFF}').trim_start()).expect(text);
            assert!(problem.contains(kind) && !help.is_empty(), "{text}: {problem}");
        }
    }

    #[test]
    fn lists_are_not_refused() {
        for text in [
            "phone\n+46701740605",
            "[phone],[name]\n1,Ann",
            "<+46701740605>\n",
            "-- list of today --\nname,phone\n",
            "insertion,phone\n1,2",
            "{phone},{name}\n1,2\n",
            "",
        ] {
            assert_eq!(foreign(text), None, "{text}");
        }
    }
}
