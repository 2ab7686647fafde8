//! Quotes: those that hold lines together, those that do not fit, and those that are escaped.

use super::read;

#[test]
fn a_quote_that_does_not_fit_costs_no_other_row() {
    for (content, lines, line) in [
        ("a,b\n1,\"2\n3,4\n", vec!["1|\"2", "3|4"], 2),
        ("a,b\n1,2\n3,\"4", vec!["1|2", "3|\"4"], 3),
        ("a,b\n1,2\n3,\"", vec!["1|2", "3|\""], 3),
        ("a,b\r\n1,2\r\n3,\"4\r\n", vec!["1|2", "3|\"4"], 3),
        ("a,b\n1,\"2\n3,\"4\"\n5,6\n", vec!["1|\"2", "3|4", "5|6"], 2),
        ("a,b,c\n1,\"x\" y, z\",3\n4,5,6\n7,8,9\n", vec!["1|x\" y, z|3", "4|5|6", "7|8|9"], 2),
        ("a,b\n\n1,\"2\n\n3,\"4\"\n", vec!["1|\"2", "3|4"], 3),
    ] {
        let table = read(content);
        assert_eq!(table.lines(), lines, "{content:?}");
        let finding = table.notes.repaired_quotes();
        assert_eq!((finding.count, finding.first[0].line), (1, line), "{content:?}");
    }
}

#[test]
fn an_open_quote_far_from_the_end_costs_no_row() {
    let rows = "1,x\n".repeat(600_000);
    let table = read("a,b\n".to_owned() + &"1,x\n".repeat(50_000) + "2,\"y\n" + &rows);
    assert_eq!(table.rows.len(), 650_001);
    assert_eq!(table.notes.repaired_quotes().first[0].line, 50_002);
    let short = "id,note\n1,x\n2,\"y\n3,z\n4\n";
    assert_eq!(read(short).notes.short_rows().first[0].line, 5);
}

#[test]
fn quoted_cells_keep_their_lines() {
    let text = "id,address\n1,\"Main St 5\nOslo, Norway\"\n2,\"a\n\nb\"\n";
    let table = read(text);
    assert_eq!(table.lines(), ["1|Main St 5\nOslo, Norway", "2|a\n\nb"]);
    assert_eq!(table.notes.repaired_quotes().count, 0);
    let long = format!("id,note\n1,\"{}\"\n2,x\n", "7,8\n".repeat(9));
    let finding = read(long).notes.long_cells();
    assert_eq!((finding.count, finding.first[0].line), (1, 2));
}

#[test]
fn exports_of_mysql_have_nulls_and_backslashes() {
    let table = read("id,name,phone\n1,\"Ann \\\"A\\\" B, C\",46\n2,\"Bo\",\\N\n");
    assert_eq!(table.lines(), ["1|Ann \"A\" B, C|46", "2|Bo|~"]);
    assert_eq!(table.notes.csv_files()[0].escape, Some('\\'));
}
