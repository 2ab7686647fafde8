//! What is true of a list in any dialect that is detected: no number is lost, and none is joined
//! with what is beside it.

use std::fmt::Write;
use std::fs;

use arrow::array::AsArray;
use futures::StreamExt;
use hlr_enrich::internals::input::{InputSettings, open};

const DELIMITERS: [&str; 8] = [",", ";", "\t", "|", "||", ";;", "::", ", "];
const TITLES: [&str; 4] = ["", "All contacts\n", "Report\nof the shop\n\n", "# made by hand\n"];
const MIN_ROWS: usize = 6;

/// The first bytes choose a dialect, and the others are the names of contacts.
///
/// # Panics
///
/// When a number is not read as it was written.
pub fn hold(content: &[u8]) {
    let [delimiter, title, style, names @ ..] = content else { return };
    let delimiter = DELIMITERS[usize::from(*delimiter) % DELIMITERS.len()];
    let has_backslashes = style & 1 == 1;
    let line_end = if style & 2 == 2 { "\r\n" } else { "\n" };
    let has_header = style & 4 == 0;
    let title = if has_header { TITLES[usize::from(*title) % TITLES.len()] } else { "" };
    let names: Vec<String> = names.chunks(8).take(200).map(name_of).collect();

    let mut list = title.replace('\n', line_end);
    if has_header {
        list += &["id", "name", "phone", "city"].join(delimiter);
        list += line_end;
    }
    let rows = names.len().max(MIN_ROWS);
    for row in 0..rows {
        let name = names.get(row).map_or("Ann", String::as_str);
        let name = quoted(name, has_backslashes);
        let cells = [format!("{}", row + 1), name, number(row), "Oslo".to_owned()];
        write!(list, "{}{line_end}", cells.join(delimiter)).expect("a string can be written to");
    }
    let numbers: Vec<String> = (0..rows).map(number).collect();
    assert_eq!(column_with_numbers(&list), Some(numbers), "{list}");
}

fn number(row: usize) -> String {
    format!("+4670174{row:04}")
}

/// Letters, blanks, delimiters and quotes.
fn name_of(bytes: &[u8]) -> String {
    const SIGNS: &[u8] = b"abcdeXYZ ,;|\"'.-";
    bytes.iter().map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()])).collect()
}

fn quoted(name: &str, has_backslashes: bool) -> String {
    let escaped = if has_backslashes { "\\\"" } else { "\"\"" };
    format!("\"{}\"", name.replace('"', escaped))
}

/// The cells of the column that begins with the first number.
fn column_with_numbers(list: &str) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("the folder for temporary files can be written to");
    let path = folder.path().join("list.csv");
    fs::write(&path, list).expect("the folder for temporary files can be written to");
    let paths = vec![path.to_str().expect("the name is ASCII").to_owned()];
    let mut batches = open(&InputSettings::new(paths)).expect("it is a list").batches;
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it has no driver");
    let batch = runtime.block_on(batches.next())?.expect("it can be read");
    batch.columns().iter().find_map(|column| {
        let cells: Vec<String> =
            column.as_string::<i32>().iter().map(|cell| cell.unwrap_or_default().to_owned()).collect();
        (cells.first() == Some(&number(0))).then_some(cells)
    })
}
