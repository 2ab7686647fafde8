//! Beginnings of files in, dialects and column names out.

use std::fs;

use super::*;
use crate::input::csv::source::TextSource;
use crate::input::csv::text::HEAD_BYTES;
use crate::input::settings::{Header, Sign};

fn detected_with(
    content: impl AsRef<[u8]>,
    change: impl FnOnce(&mut InputSettings),
) -> Result<Detected, NoFirstRow> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    fs::write(&path, content).unwrap();
    let mut settings = InputSettings::new(Vec::new());
    change(&mut settings);
    detect(&Text::open(&TextSource::File(path.into()), None, &settings).unwrap(), &settings)
}

fn detected(content: impl AsRef<[u8]>) -> Detected {
    detected_with(content, |_| {}).unwrap()
}

#[test]
fn the_delimiter_that_gives_the_most_regular_table_is_taken() {
    for (content, expected) in [
        ("name,phone\nA,1\n", ","),
        ("name;phone\nA;1\n", ";"),
        ("name\tphone\nA\t1\n", "\t"),
        ("name|phone\nA|1\n", "|"),
        ("name;amount\nA;1,5\nB;2,5\nC;3\n", ";"),
        ("name;note\nA;a, b, c\nB;d, e\n", ";"),
        ("\"Smith, A\";1\n\"Jones, B\";2\n", ";"),
        ("a,b;c,d\n1,2;3,4\n", ","),
        ("a,b,c\n1,2\n3,4,5,6\n", ","),
        ("phone\n46\n47\n", ","),
        ("\"a\nb;c\",x\n\"d\",y\n", ","),
        ("name||phone\nA||1\nB||2\n", "||"),
        ("name;;phone\nA;;1\nB;;2\n", ";;"),
        ("name::phone\nA::1\nB::2\n", "::"),
        ("name^phone\nA^1\nB^2\n", "^"),
        ("a\u{1}phone\nA\u{1}1\nB\u{1}2\n", "\u{1}"),
        ("a;b;c\n1,5;2,5;3,5\n1,6;2,6;3,6\n1,7;2,7;3,7\n1,8;2,8;3,8\n", ";"),
        // Blanks in names and numbers, and colons in labels and times, separate no cells.
        ("name\nAnn Berg\nBo Ek\nCy Dal\n", ","),
        ("phone\n+46 70 174 06 05\n+46 70 174 06 06\n+46 70 174 06 07\n", ","),
        ("note\nTel: 1\nTel: 2\nTel: 3\n", ","),
        // An empty column is no doubled delimiter.
        ("id,,phone\n1,,2\n3,x,4\n", ","),
    ] {
        assert_eq!(detected(content).dialect.delimiter.as_str(), expected, "{content:?}");
    }
}

#[test]
fn quotes_and_escapes_are_those_that_leave_whole_cells() {
    for (content, quote, escape) in [
        ("a,b\n\"x, y\",1\n", Some(b'"'), None),
        ("a,b\n\"x \\\"y\\\" z\",1\n", Some(b'"'), Some(b'\\')),
        ("\"a \\\"b\\\" c\",d\n\"x\",1\n", Some(b'"'), Some(b'\\')),
        ("a,b\n\"the \\\"Bo\\\"\",1\n\"Cy\",2\n", Some(b'"'), Some(b'\\')),
        ("'a','b'\n'Ann \\'Annie\\' A','1'\n", Some(b'\''), Some(b'\\')),
        ("a;b\n\"C:\\dir\\\";1\n\"D:\\\";2\n", Some(b'"'), None),
        ("a,b\n'x, y',1\n'z, \"w\"',2\n", Some(b'\''), None),
        ("a,b\nit's,'46701\nhe's,'46702\n", Some(b'"'), None),
        ("a,b,c\n\"Ann \\\"A\\\" B, C\",1,2\n\"Bo\",3,4\n", Some(b'"'), Some(b'\\')),
        ("a,b\n\"C:\\\",1\n\"D:\\\",2\n", Some(b'"'), None),
        ("a,b\n\"x \"\"y\"\"\",1\n", Some(b'"'), None),
        ("size,b\n\"5 in,1\n\"6 in,2\n\"7 in,3\n\"8 in,4\n", None, None),
    ] {
        let dialect = detected(content).dialect;
        assert_eq!((dialect.quote, dialect.escape), (quote, escape), "{content:?}");
    }
}

#[test]
fn blanks_beside_delimiters_are_understood() {
    for (content, blanks) in [
        ("id, name, phone\n1, Ann, 46\n2, Bo, 47\n", Blanks::PartOfDelimiter),
        ("id, name, phone\n1, \"Ann, A\", 46\n2, Bo, 47\n", Blanks::PartOfDelimiter),
        ("id,name,phone\n1, \"Ann, A\",46\n2, \"Bo, B\",47\n", Blanks::DroppedBeforeQuotes),
        ("id,name,phone\n1, Ann,46\n2,Bo,47\n", Blanks::Kept),
    ] {
        let found = detected(content);
        assert_eq!((found.dialect.blanks, &found.names[1][..]), (blanks, "name"), "{content:?}");
    }
}

#[test]
fn the_table_begins_at_its_header() {
    for (content, lines, names) in [
        ("All contacts\nid,phone\n1,46\n2,47\n", 1, "id|phone"),
        ("Report\nMade by X\n\nid;phone\n1;46\n2;47\n", 2, "id|phone"),
        ("Report, June\nid,name,phone\n1,Ann,46701740605\n2,Bo,46701740606\n", 1, "id|name|phone"),
        ("Report,,\n,,\nid,name,phone\n1,Ann,46\n2,Bo,47\n", 2, "id|name|phone"),
        ("# made by X\n# on Monday\nid,phone\n1,46\n2,47\n", 2, "id|phone"),
        ("\"Report\nof June\"\nid,phone\n1,46\n2,47\n", 2, "id|phone"),
        ("sep=;\nid;phone\n1;46\n", 1, "id|phone"),
        ("SEP=|\r\nid|phone\r\n1|46\r\n", 1, "id|phone"),
        ("\"sep=\t\"\nid\tphone\n1\t46\n", 1, "id|phone"),
        ("id,phone\n1,46\n2,47\n", 0, "id|phone"),
        // A row with few cells is not a title.
        ("phone,\n46701740605,x\n46701740606,y\n", 0, "phone|column_2"),
        ("Tel +46701740605\nid,phone\n1,46\n2,47\n3,48\n", 0, "column_1|column_2"),
    ] {
        let found = detected(content);
        let start = (found.dialect.start.lines, found.names.join("|"));
        assert_eq!((start.0, &start.1[..]), (lines, names), "{content:?}");
    }
}

#[test]
fn a_header_is_told_from_a_row_by_what_is_below() {
    for (content, is_header) in [
        ("name,phone\nAnn,x\n", true),
        ("phone\nx\n", true),
        ("Name,,Mobile 1\nAnn,a,x\n", true),
        ("tel.,e-mail,id_2\nx,y,z\n", true),
        ("nan,inf\na,b\n", true),
        ("phone,1/22/20,1/23/20\n+46701740605,1,0\n+447700900123,0,2\n", true),
        ("phone,2019,2020,2021\n+46701740605,1,0,5\n+447700900123,0,2,7\n", true),
        ("name,1,2,3\nAnn,4,5,6\nBo,7,8,9\n", false),
        ("phone,1,2,3\n+46701740605,5,6,7\n+447700900123,8,9,1\n", true),
        ("1,2\n3,4\n", false),
        ("Bob,46701234567\nAnn,x\n", false),
        ("Bob,+46 (0)70-123 45 67\nAnn,x\n", false),
        ("Bob,00\u{A0}46\u{A0}70\nAnn,x\n", false),
        ("Bob,\"=\"\"4670123\"\"\"\nAnn,x\n", false),
        ("Bob,'4670123\nAnn,x\n", false),
        ("Bob,4.67E+10\nAnn,x\n", false),
        ("Bob,4.0\nAnn,x\n", false),
        ("Bob,bob@example.com\nAnn,x\n", false),
        ("Tel +46701740605\n+46701740606\n", false),
        ("070-174 06 05 (Ann)\n+46701740606\n+46701740607\n", false),
        ("ann@example.com\nbo@example.com\n", false),
        ("Ann;whatsapp:+46701740605\nBo;whatsapp:+46701740606\n", false),
    ] {
        assert_eq!(detected(content).dialect.header_rows > 0, is_header, "{content:?}");
    }
}

#[test]
fn names_in_two_lines_are_joined() {
    let found =
        detected("Name,,Phone,,Id\nFirst,Last,Mobile,Home,\nAnn,A,46701740605,47,1\nBo,B,46701740606,48,2\n");
    assert_eq!(found.names.join("|"), "Name First|Name Last|Phone Mobile|Phone Home|Id");
    assert_eq!(found.dialect.header_rows, 2);
    // A contact without a number is a row.
    let found = detected("name,phone,\nAnn,N/A,x\nBo,46701740605,y\nCy,46701740606,z\n");
    assert_eq!(found.dialect.header_rows, 1);
}

#[test]
fn rows_that_are_longer_than_the_header_get_a_column() {
    let found = detected("id,phone\n1,46,x\n2,47,y\n3,48,z\n");
    assert_eq!(found.names, ["id", "phone", "column_3"]);
    assert!(found.remarks[0].contains("unnamed"), "{:?}", found.remarks);
    let found = detected("id,phone\n1,46,\n2,47,\n3,48,\n");
    assert_eq!(found.names, ["id", "phone"]);
    assert!(found.remarks[0].contains("end in a delimiter"), "{:?}", found.remarks);
    let found = detected("id,note\n1,x\n2,y, z\n3,x\n");
    assert_eq!(found.names, ["id", "note"]);
}

#[test]
fn written_names_are_kept_beside_unique_ones() {
    let found = detected("id,Phone,Phone,\n1,2,3,4\n");
    assert_eq!(found.names, ["id", "Phone", "Phone_2", "column_4"]);
    assert_eq!(found.written_names, [None, None, Some("Phone".into()), Some(String::new())]);
    assert!(detected("1,2\n3,4\n").written_names.iter().all(Option::is_none));
}

#[test]
fn settings_of_the_user_are_not_questioned() {
    let found = detected_with("1;2\n3;4\n", |settings| {
        settings.delimiter = Some(b','.into());
        settings.header = Header::Present;
    });
    assert_eq!(found.unwrap().names, ["1;2"]);
    let found = detected_with("name;phone\n", |settings| settings.header = Header::Absent).unwrap();
    assert_eq!((found.dialect.header_rows, found.names.len()), (0, 2));
    let found = detected_with("a,b\n'x,y',1\n'z,w',2\n", |settings| settings.quote = Sign::Absent).unwrap();
    assert_eq!(found.dialect.quote, None);
    let found = detected_with("a,b\n^x,y^,1\n", |settings| {
        settings.quote = Sign::Byte(b'^');
        settings.escape = Sign::Byte(b'!');
    });
    let dialect = found.unwrap().dialect;
    assert_eq!((dialect.quote, dialect.escape), (Some(b'^'), Some(b'!')));
    let found =
        detected_with("x,y\nTitle\nid,phone\n1,46\n", |settings| settings.skip_lines = Some(2)).unwrap();
    assert_eq!(found.names, ["id", "phone"]);
    let found = detected_with("Title\nid,phone\n1,46\n", |settings| settings.skip_lines = Some(0)).unwrap();
    assert_eq!(found.names[0], "Title");
}

#[test]
fn without_a_header_most_rows_decide_how_many_columns_there_are() {
    assert_eq!(detected("1\n1;2;3\n1;2;3\n").names.len(), 3);
}

#[test]
fn a_row_that_the_head_cuts_is_not_counted() {
    let content = "a;b\n".repeat(30) + &"x".repeat(HEAD_BYTES);
    assert_eq!(detected(content).dialect.delimiter.as_str(), ";");
}

#[test]
fn a_header_may_be_long() {
    let names: Vec<String> = (0..60_000).map(|column| format!("question {column}")).collect();
    let content = format!("{}\n{}\n", names.join(","), vec!["x"; names.len()].join(","));
    assert_eq!(detected(content).names, names);
}

#[test]
fn a_file_without_a_first_row_is_known() {
    for content in ["", "\n\r\n\n", "\u{FEFF}"] {
        assert_eq!(detected_with(content, |_| {}), Err(NoFirstRow::Empty), "{content:?}");
    }
    let endless = "\"".to_owned() + &"x\n".repeat(1 << 20);
    assert_eq!(detected_with(endless, |_| {}), Err(NoFirstRow::Endless));
}
