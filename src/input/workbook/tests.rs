//! Sheets are found, cells become text, and workbooks that cannot be read are named.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use base64::prelude::{BASE64_STANDARD, Engine};
use futures::TryStreamExt;
use miette::Diagnostic;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::input::{Header, InputError, InputSettings, Opened, open};

/// An xls that Python's xlwt wrote, compressed: sheets `List` and `Old`.
const XLS: &str = "\
    KLUv/WAAFb0WAPbjdUfw8GYYA+/eLOPpa5nrer54J60PQ41H3C3BNdjxxKQNvvF68ZntlxceDOGbbnB81PbVHvCJLkT7NEwW\
    aj1DWPd0hJa0vbeUKV4AYgBtANoBw/xdPLJLDRPru+tkI6wyKjoj0xK0adg0HLZRoSJCemAku95BvOue0ugMJ0aWNZ2FnvDf\
    +PcW3oh3p1/14iPFX+pDcDV/8OecUR+++vXUqxl1d81OJSSQml5MMALfkT2lz9B/ZFmzIPQfGTQrV/3gCn6iATW4QxnAOKIh\
    nwV7/97NrXHrqxXmRu+tB6VBVY+PrTEW/46PTR4nnVrkJhqtJSio5Xa73Z610iCeCdDMRpZkzqtOuuWZAM18bDd/ATrt1Scj\
    jTSWRIqccpYGLzDiwJmccJADNziBAaMM2eApG44QjOyk/P4tUiJAw4pK59pb+p7h+XuLYkRh3OFhEENHiKfBwxfItPfWR/iz\
    XlxEUWZmRmZAJlv5luzFRRRnRDEmBgZm5T9qOL9leRM77Ifnn23XhqDfAW7bJrr8wLGJrl37QdScE0r1/Z6eUlVdm/8tMWxr\
    /s/bDRd8Z9QMY+0FHJQVCbyi/+Xa7u80XHBf64s11CD64YKH3ENiQ0cUuVwul/ugLMryUW+o4VyECMnISJDRpFIYDrCCoZkZ\
    ag4SIPFrlBljiMiIRDKBxN8EEkZJYXMNHTsGQrIDhYfrn91Kb08+A52l/jCphakbz1AGyE4TiYaWBWPvtJyM5MqoVocQ2yGG\
    ByCB2nZJtEjBUC2/7n169fL/q3Ax0+EckwGZ76Eh1KnaBTcNMyyRE8rbHNSVeV9wIAZCjFxU8SZlSvx9PLDiEESajtE+dfUv\
    GmDw+ELKbDgjhKyeELFsqL1sIMMXDKylF9Qqf61iIIJU5PZLzutDKDQO/G0LyOjAUbEYQn/i83vLQw6YGRRXHLKhcGMgz2GE\
    OITT+QCGlT7y5D7ymMUFMAM=";

/// An xlsx with these sheets: name, state, and the XML of the rows. Style 1 has ten digits, style
/// 2 is a date.
fn xlsx(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let (mut list, mut relations) = (String::new(), String::new());
    for (index, (name, state, rows)) in sheets.iter().enumerate() {
        let id = index + 1;
        list += &format!("<sheet name=\"{name}\" sheetId=\"{id}\" state=\"{state}\" r:id=\"rId{id}\"/>");
        relations += &format!(
            "<Relationship Id=\"rId{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>"
        );
        let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
        parts.push((format!("xl/worksheets/sheet{id}.xml"), sheet));
    }
    let workbook =
        format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{list}</sheets></workbook>");
    parts.push(("xl/workbook.xml".into(), workbook));
    let relations = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}</Relationships>"
    );
    parts.push(("xl/_rels/workbook.xml.rels".into(), relations));
    let root = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    parts.push(("_rels/.rels".into(), root));
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"0000000000\"/></numFmts><fonts count=\"1\"><font/></fonts><fills count=\"1\"><fill/></fills><borders count=\"1\"><border/></borders><cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
    );
    parts.push(("xl/styles.xml".into(), styles));
    archive(&parts)
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn archive(parts: &[(String, String)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let method = if name == "mimetype" { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        writer.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"List\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    archive(&[
        ("mimetype".into(), "application/vnd.oasis.opendocument.spreadsheet".into()),
        ("content.xml".into(), content),
        (
            "META-INF/manifest.xml".into(),
            "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>"
                .into(),
        ),
    ])
}

/// A row of an xlsx: texts, or cells as they are where they begin with `<`.
fn row(number: u32, cells: &[&str]) -> String {
    let cell = |(column, text): (usize, &&str)| match text.strip_prefix("<c") {
        Some(rest) => format!("<c r=\"{}{number}\"{rest}", char::from(b'A' + column as u8)),
        None if text.is_empty() => String::new(),
        None => format!(
            "<c r=\"{}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>",
            char::from(b'A' + column as u8)
        ),
    };
    let cells: String = cells.iter().enumerate().map(cell).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

fn opened(folder: &Path, files: &[(&str, &[u8])], sheet: Option<&str>) -> Result<Opened, InputError> {
    let paths = files.iter().map(|(name, content)| {
        fs::write(folder.join(name), content).unwrap();
        folder.join(name).to_string_lossy().into_owned()
    });
    let settings = InputSettings::new(paths.collect());
    open(&InputSettings { batch_rows: 2, sheet: sheet.map(Into::into), ..settings })
}

/// The names of the columns and the rows, with `|` between cells and `~` for null, and the notes.
fn read(files: &[(&str, &[u8])], sheet: Option<&str>) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let opened = opened(folder.path(), files, sheet).unwrap();
    let schema = opened.batches.schema();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches: Vec<RecordBatch> = runtime.block_on(opened.batches.try_collect()).unwrap();
    assert!(batches.iter().all(|batch| batch.num_rows() <= 2));
    let batch = concat_batches(&schema, &batches).unwrap();
    let names = schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>().join("|");
    let options = FormatOptions::default().with_null("~");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let rows = (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|"));
    let lines = std::iter::once(names).chain(rows).collect();
    let notes = [opened.notes.remarks(), opened.notes.warnings()].concat().join("\n");
    (lines, notes)
}

fn contacts() -> String {
    [
        row(1, &["Contacts"]),
        row(3, &["name", "phone", "since", "padded"]),
        row(
            4,
            &[
                "Ann",
                "<c><v>46701740605</v></c>",
                "<c s=\"2\"><v>46351</v></c>",
                "<c s=\"1\"><v>701740605</v></c>",
            ],
        ),
        row(5, &["Bo", "<c s=\"2\"><v>46701740606</v></c>", "", ""]),
        row(6, &["Cy", "<c><f>B5+1</f></c>", "<c t=\"e\"><v>#N/A</v></c>", "<c t=\"b\"><v>1</v></c>"]),
    ]
    .concat()
}

#[test]
fn a_sheet_is_read_as_a_person_sees_it() {
    let book =
        xlsx(&[("Info", "visible", ""), ("List", "visible", &contacts()), ("Old", "hidden", &contacts())]);
    let (lines, notes) = read(&[("list.xlsx", &book)], None);
    assert_eq!(
        lines,
        [
            "name|phone|since|padded",
            "Ann|46701740605|2026-11-25|0701740605",
            "Bo|46701740606|~|~",
            "Cy|~|#N/A|TRUE",
        ]
    );
    for part in [
        "sheet \"List\" is read, and not \"Info\";",
        "1 row above the table",
        "1 formula in the first 1 000 rows has no stored value and is empty",
    ] {
        assert!(notes.contains(part), "{notes}");
    }
    assert!(!notes.contains("Old"), "{notes}");
}

#[test]
fn several_rows_above_and_formulas_are_counted() {
    let rows = [
        row(1, &["Contacts"]),
        row(2, &["of May"]),
        row(3, &["name", "phone", "year"]),
        row(4, &["Ann", "46701740605", "<c><f>1+1</f></c>"]),
        row(5, &["Bo", "46701740606", "<c><f>1+2</f></c>"]),
    ];
    let (lines, notes) = read(&[("list.xlsx", &xlsx(&[("List", "visible", &rows.concat())]))], None);
    assert_eq!(lines[0], "name|phone|year");
    assert!(notes.contains("2 rows above the table of sheet \"List\" left out"), "{notes}");
    assert!(
        notes.contains("2 formulas in the first 1 000 rows have no stored value and are empty"),
        "{notes}"
    );
}

#[test]
fn a_sheet_is_found_by_its_name() {
    let other = row(1, &["phone"]) + &row(2, &["+447700900123"]);
    let book = xlsx(&[("List", "visible", &contacts()), ("Archiv 2025", "hidden", &other)]);
    for name in ["Archiv 2025", "archiv 2025 "] {
        assert_eq!(read(&[("list.xlsx", &book)], Some(name)).0, ["phone", "+447700900123"]);
    }
    let folder = tempfile::tempdir().unwrap();
    let error = opened(folder.path(), &[("list.xlsx", &book)], Some("Liste")).err().unwrap();
    assert!(error.to_string().contains("there is no sheet \"Liste\""), "{error}");
    assert_eq!(error.help().unwrap().to_string(), "give --sheet one of: \"List\", \"Archiv 2025\"");
}

#[test]
fn a_sheet_without_a_header_loses_no_contact() {
    let rows = row(1, &["Ann", "+46701740605"]) + &row(2, &["Bo", "+46701740606"]);
    let (lines, _) = read(&[("list.xlsx", &xlsx(&[("S", "visible", &rows)]))], None);
    assert_eq!(lines, ["column_1|column_2", "Ann|+46701740605", "Bo|+46701740606"]);
}

#[test]
fn a_stray_cell_far_away_is_one_note_and_no_memory() {
    let mut rows = row(1, &["phone"]);
    (2..=1_500).for_each(|number| rows += &row(number, &["+46701740605"]));
    rows += "<row r=\"1048576\"><c r=\"XFD1048576\" t=\"inlineStr\"><is><t>x</t></is></c></row>";
    let (lines, notes) = read(&[("list.xlsx", &xlsx(&[("S", "visible", &rows)]))], None);
    assert_eq!(lines.len(), 1_500);
    assert!(notes.contains("1 cell lies outside of the columns of the table"), "{notes}");
    assert!(notes.contains("line 1048576"), "{notes}");
}

#[test]
fn xls_and_ods_are_read_too() {
    let xls = zstd::decode_all(&*BASE64_STANDARD.decode(XLS).unwrap()).unwrap();
    let (lines, notes) = read(&[("list.xls", &xls)], None);
    assert_eq!(lines, ["name|phone|since", "Ann|46701740605|2026-11-25", "Bo|+447700900123|~"]);
    assert!(notes.contains("not \"Old\""), "{notes}");
    assert_eq!(read(&[("list", &xls)], Some("Old")).0, ["phone", "+33639980012"]);
    let text = |text: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    };
    let rows = format!(
        "<table:table-row>{}{}</table:table-row><table:table-row>{}<table:table-cell office:value-type=\"float\" office:value=\"46701740605\"/></table:table-row>",
        text("name"),
        text("phone"),
        text("Ann")
    );
    assert_eq!(read(&[("list.ods", &ods(&rows))], None).0, ["name|phone", "Ann|46701740605"]);
}

#[test]
fn workbooks_with_different_columns_are_one_list() {
    let one = xlsx(&[("S", "visible", &(row(1, &["phone", "name"]) + &row(2, &["1", "Ann"])))]);
    let two = xlsx(&[("S", "visible", &(row(1, &["name", "Phone"]) + &row(2, &["Bo", "2"])))]);
    let folder = [("a.xlsx", one.as_slice()), ("b.xlsx", two.as_slice())];
    assert_eq!(read(&folder, None).0, ["phone|name", "1|Ann", "2|Bo"]);
}

#[test]
fn workbooks_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = xlsx(&[("S", "visible", &contacts())]);
    let texts = |count: &str| {
        let shared = format!("<sst xmlns=\"{MAIN}\" uniqueCount=\"{count}\"><si><t>x</t></si></sst>");
        archive(&[("xl/sharedStrings.xml".into(), shared), ("xl/workbook.xml".into(), String::new())])
    };
    let many = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".repeat(5 << 20);
    // The record that says how far a sheet reaches: rows 0 to 3, columns 0 to 3.
    let mut wide = zstd::decode_all(&*BASE64_STANDARD.decode(XLS).unwrap()).unwrap();
    let reach = b"\x00\x02\x0E\x00\0\0\0\0\x03\0\0\0\0\0\x03\0\0\0";
    let place = wide.windows(reach.len()).position(|bytes| bytes == reach).unwrap();
    wide[place + 8..place + 12].copy_from_slice(&65_536u32.to_le_bytes());
    wide[place + 14..place + 16].copy_from_slice(&256u16.to_le_bytes());
    for (content, part) in [
        (wide, "its sheets span 16 777 218 cells"),
        (whole[..whole.len() / 2].to_vec(), "save the sheet as CSV"),
        (xlsx(&[("S", "visible", "")]), "no visible sheet of this workbook has a cell"),
        (xlsx(&[("S", "hidden", &contacts())]), "--sheet, one of: \"S\""),
        (texts("99999999999999999999999"), "fewer texts than it says"),
        (texts("1000"), "fewer texts than it says"),
        (texts("1"), "damaged, cut short"),
        (many, "too large to be held in memory"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and nothing".to_vec(), "damaged, cut short"),
    ] {
        let error = opened(folder.path(), &[("list.xlsx", &content)], None).err().unwrap();
        let message = format!("{error}; {}", error.help().map(|help| help.to_string()).unwrap_or_default());
        assert!(message.contains(part) && message.contains("list.xlsx"), "{message}");
    }
}

#[test]
fn the_header_can_be_denied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.xlsx");
    fs::write(&path, xlsx(&[("S", "visible", &(row(1, &["phone"]) + &row(2, &["x"])))])).unwrap();
    let settings = InputSettings::new(vec![path.to_string_lossy().into_owned()]);
    let opened = open(&InputSettings { header: Header::Absent, ..settings }).unwrap();
    assert_eq!(opened.batches.schema().field(0).name(), "column_1");
}
