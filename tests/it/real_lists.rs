//! Nobody pays for a number that is not in the list: lists without a country, with several columns or
//! several numbers, and lists that nothing can be done with.

use std::fs;

use hlr_enrich::simulator::SimulatorSettings;

use crate::harness::{Job, Service, every_row_is_true, nth_number};

/// A list of mobile numbers of the USA as they are written there; many would be somebody else's
/// mobile number abroad.
fn american(count: u64) -> String {
    const AREAS: [u64; 9] = [479, 658, 201, 212, 336, 412, 432, 352, 353];
    (0..count).map(|n| format!("{}{}\n", AREAS[n as usize % AREAS.len()], 5_550_000 + n * 79)).collect()
}

#[test]
fn a_national_list_without_a_country_asks_nobody() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new()
        .list("usa.csv", format!("phone\n{}", american(500)))
        .list("land.csv", {
            let rows: String = american(500).lines().map(|number| format!("{number},USA\n")).collect();
            format!("phone,Land\n{rows}")
        })
        .list("out.parquet", "last night's");
    for (list, column) in [("usa.csv", "--region-column COLUMN"), ("land.csv", "--region-column \"Land\"")] {
        let done = job.enrich(list, "out.parquet", &service, &["--force"]);
        done.exits_with(2).says(&["not clear", "--region", column, "--international"]);
        let stderr = done.stderr();
        assert!(american(500).lines().all(|number| !stderr.contains(number)), "numbers are masked: {stderr}");
    }
    let done = job.enrich("usa.csv", "out.parquet", &service, &["--force", "--dry-run"]);
    done.exits_with(2).says(&["not clear"]);
    assert_eq!(service.account().requests, 0);
    assert_eq!(fs::read(job.path("out.parquet")).unwrap(), b"last night's");
    job.enrich("land.csv", "out.parquet", &service, &["--force", "--region-column", "land"]).exits_with(0);
    every_row_is_true(&job.read("out.parquet"), &service);
    assert_eq!(job.read("out.parquet").column("hlr_msisdn")[0].as_deref(), Some("14795550000"));
}

#[test]
fn what_was_detected_is_said_once_and_before_the_first_lookup() {
    let service = Service::start(SimulatorSettings::default());
    let rows: String = (0..50).map(|n| format!("Åsa;+{}\n", nth_number(n).get())).collect();
    let job = Job::new().list("list.csv", format!("sep=;\nname;phone\n{rows}"));
    let remark = "list.csv: the first line names the delimiter";
    for flags in [&["--dry-run"][..], &[]] {
        let stderr = job.enrich_alone("list.csv", "out.parquet", &service, flags).exits_with(0).stderr();
        assert_eq!(stderr.matches(remark).count(), 1, "{stderr}");
        let is_before_the_figures = stderr.find(remark) < stderr.find("  rows ");
        assert!(is_before_the_figures || !flags.is_empty(), "{stderr}");
    }
}

#[test]
fn msisdns_without_a_plus_are_read_as_such() {
    let service = Service::start(SimulatorSettings::default());
    let rubbish: String = (0..20).map(|n| format!("{n},123{n}\n")).collect();
    let rows: String = (0..180).map(|n| format!("{n},{}\n", nth_number(n).get())).collect();
    let job = Job::new().list("list.csv", format!("id,phone\n{rubbish}{rows}"));
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
    assert_eq!(service.account().requests, 180);
    // With a flag, nothing has to be decided.
    let job = Job::new().list("usa.csv", format!("phone\n{}", american(500)));
    job.enrich("usa.csv", "out.parquet", &service, &["--international", "--max-invalid", "1"]).exits_with(0);
    let asked = job.read("out.parquet").column("hlr_msisdn").iter().flatten().count() as u64;
    assert_eq!(service.account().requests, 180 + asked, "that is what the user said");
}

#[test]
fn of_several_columns_the_first_with_a_number_is_used() {
    let service = Service::start(SimulatorSettings::default());
    let list =
        "id,mobile,home\n1,+46701740605,+447700900123\n2,,+447700900123\n3,+4684650040,+33639980012\n4,,\n";
    let job = Job::new().list("list.csv", list);
    let done = job.enrich("list.csv", "out.parquet", &service, &["-c", "mobile", "-c", "home"]);
    done.exits_with(0);
    let table = job.read("out.parquet");
    every_row_is_true(&table, &service);
    let column =
        |name: &str| table.column(name).into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>();
    assert_eq!(column("hlr_column"), ["mobile", "home", "home", ""]);
    assert_eq!(column("hlr_msisdn"), ["46701740605", "447700900123", "33639980012", ""]);
    assert_eq!(column("hlr_reason")[3], "empty");
    // The column of an earlier run is replaced, and goes where one column is read.
    job.enrich("out.parquet", "again.parquet", &service, &["-c", "home", "-c", "mobile"]).exits_with(0);
    assert_eq!(job.read("again.parquet").column("hlr_column")[0].as_deref(), Some("home"));
    job.enrich("out.parquet", "one.parquet", &service, &["-c", "home"]).exits_with(0);
    assert!(job.read("one.parquet").0.column_by_name("hlr_column").is_none());
}

#[test]
fn several_columns_that_could_hold_the_number_are_listed_with_their_shares() {
    let service = Service::start(SimulatorSettings::default());
    let rows: String = (0..100)
        .map(|n| match n % 4 {
            0 => format!("+{},\n", nth_number(n).get()),
            _ => format!("+{},+447700900123\n", nth_number(n).get()),
        })
        .collect();
    let job = Job::new().list("list.csv", format!("Phone 1,Phone 2\n{rows}"));
    let done = job.enrich("list.csv", "out.parquet", &service, &[]);
    done.exits_with(2)
        .says(&["\"Phone 1\" (a number in 100 % of the rows)", "\"Phone 2\" (a number in 75 % of the rows)"]);
    assert_eq!(service.account().requests, 0);
}

#[test]
fn a_column_without_a_telling_name_is_found_by_its_content_and_suggested() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("list.csv", "id,Kontakt,city\n1,+46701740605,Kiruna\n2,+447700900123,York\n");
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(2).says(&[
        "no column is named like a telephone number",
        "perhaps \"Kontakt\" (a number in 100 % of the rows)",
    ]);
    assert_eq!(service.account().requests, 0);
}

#[test]
fn a_cell_with_several_numbers_becomes_a_row_for_each() {
    let service = Service::start(SimulatorSettings::default());
    let list =
        "id,phone\n1,+46701740605 / +46701740606\n2,+46701740607\n3,\"+46701740605, +46701740605\"\n4,x\n";
    let job = Job::new().list("list.csv", list);
    job.enrich("list.csv", "rows.parquet", &service, &["--several-numbers", "rows"]).exits_with(0);
    let table = job.read("rows.parquet");
    every_row_is_true(&table, &service);
    let column =
        |name: &str| table.column(name).into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>();
    assert_eq!(column("id"), ["1", "1", "2", "3", "4"], "the same number twice is one number");
    assert_eq!(column("hlr_msisdn"), ["46701740605", "46701740606", "46701740607", "46701740605", ""]);
    assert_eq!(service.account().requests, 3);
    let done = job.enrich(
        "rows.parquet",
        "x.parquet",
        &service,
        &["--only", "unresolved", "--several-numbers", "rows"],
    );
    done.exits_with(2).says(&["--only unresolved"]);
}

/// The CSV file with the status of one row changed to `unknown`.
fn with_unknown(job: &Job, file: &str, row: usize) -> String {
    let text = fs::read_to_string(job.path(file)).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let status = header.iter().position(|name| name == "hlr_status").unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for (nth, record) in reader.records().enumerate() {
        let record = record.unwrap();
        let cells = record.iter().enumerate();
        let cells = cells.map(|(place, cell)| if nth == row && place == status { "unknown" } else { cell });
        writer.write_record(cells).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn an_unresolved_row_keeps_its_number_among_several_and_its_column() {
    let service = Service::start(SimulatorSettings::default());
    let list =
        "id,mobile,home\n1,+46701740605 / +46701740606,\n2,+4684650040,+447700900123\n3,+46701740607,\n";
    let job = Job::new().list("list.csv", list);
    let flags = ["-c", "mobile", "-c", "home", "--several-numbers", "rows"];
    job.enrich("list.csv", "rows.csv", &service, &flags).exits_with(0);
    let changed = with_unknown(&job, "rows.csv", 1);
    let job = job.list("changed.csv", changed);
    for columns in [&["-c", "home", "-c", "mobile"][..], &["-c", "mobile"]] {
        let flags = [columns, &["--only", "unresolved", "--force", "--refresh"]].concat();
        job.enrich("changed.csv", "again.parquet", &service, &flags).exits_with(0);
        let table = job.read("again.parquet");
        let column =
            |name: &str| table.column(name).into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>();
        let numbers = ["46701740605", "46701740606", "447700900123", "46701740607"];
        assert_eq!(column("hlr_msisdn"), numbers, "{columns:?}");
        assert_eq!(column("hlr_column"), ["mobile", "mobile", "home", "mobile"], "{columns:?}");
    }
    assert_eq!(service.account().requests, 4 + 2, "only the unresolved row is asked again");
}

#[test]
fn a_cell_with_more_numbers_than_a_contact_has_is_refused() {
    let service = Service::start(SimulatorSettings::default());
    let many: Vec<String> = (0..20_000).map(|n| format!("+{}", nth_number(n).get())).collect();
    let job = Job::new().list("list.csv", format!("id,phone\n1,{}\n2,+46701740605\n", many.join(" / ")));
    job.enrich("list.csv", "out.parquet", &service, &["--several-numbers", "rows"]).exits_with(0);
    assert_eq!(job.read("out.parquet").column("hlr_reason")[0].as_deref(), Some("several_numbers"));
    assert_eq!(service.account().requests, 1);
}

#[test]
fn a_list_without_a_number_leaves_the_old_output() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new()
        .list("words.csv", "id,phone\n1,call me\n2,n/a\n")
        .list("blank.csv", "id,phone\n1,\n2,\n")
        .list("lines.csv", "id,phone\n1,+46 8 465 004 01\n")
        .list("header.csv", "id,phone\n")
        .list("empty.csv", "")
        .list("out.parquet", "last night's");
    for list in ["words.csv", "blank.csv", "lines.csv"] {
        for flags in [&["--force"][..], &["--force", "--max-invalid", "1"]] {
            job.enrich(list, "out.parquet", &service, flags)
                .exits_with(2)
                .says(&["column \"phone\"", "help: "]);
            assert_eq!(fs::read(job.path("out.parquet")).unwrap(), b"last night's", "{list}");
        }
    }
    job.enrich("empty.csv", "out.parquet", &service, &["--force"]).exits_with(2).says(&["the list is empty"]);
    assert_eq!(fs::read(job.path("out.parquet")).unwrap(), b"last night's");
    job.enrich("header.csv", "out.parquet", &service, &["--force"]).exits_with(0);
    assert_eq!(job.read("out.parquet").rows(), 0, "a list without rows is complete");
}

#[test]
fn a_list_that_is_answered_from_the_ledger_is_complete() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 10);
    for _ in 0..2 {
        job.enrich("list.csv", "out.parquet", &service, &["--force"]).exits_with(0);
    }
    assert_eq!(service.account().requests, 10);
}

#[test]
fn too_many_cells_without_a_number_end_the_run_at_its_beginning_or_its_end() {
    let service = Service::start(SimulatorSettings::default());
    let numbers: String = (0..10_000).map(|n| format!("{n},+{}\n", nth_number(n % 50).get())).collect();
    let words: String = (0..3_000).map(|n| format!("{n},word\n")).collect();
    let job = Job::new()
        .list("early.csv", format!("id,phone\n{words}{numbers}"))
        .list("late.csv", format!("id,phone\n{numbers}{words}"))
        .list("out.csv", "last night's");
    let done = job.enrich("early.csv", "out.csv", &service, &["--force", "--max-invalid", "0.2"]);
    done.exits_with(2).says(&["of the first", "not_a_number", "--max-invalid"]);
    assert_eq!(service.account().requests, 0, "judged before anything is asked");
    let done = job.enrich("late.csv", "out.csv", &service, &["--force", "--max-invalid", "0.2"]);
    done.exits_with(2).says(&["allows 0.2", "out.partial.csv"]);
    assert_eq!(service.account().requests, 50);
    assert_eq!(fs::read(job.path("out.csv")).unwrap(), b"last night's");
    assert_eq!(fs::read_to_string(job.path("out.partial.csv")).unwrap().lines().count(), 13_001);
    let done = job.enrich("late.csv", "dry.csv", &service, &["--max-invalid", "0.2", "--dry-run"]);
    done.exits_with(2).says(&["allows 0.2"]);
    job.enrich("late.csv", "out.csv", &service, &["--force"]).exits_with(0);
    for wrong in ["-1", "2", "nan"] {
        job.enrich("late.csv", "out.csv", &service, &["--force", "--max-invalid", wrong]).exits_with(2);
    }
}

#[test]
fn a_column_that_looks_like_the_country_is_named_at_the_end() {
    let service = Service::start(SimulatorSettings::default());
    let list = "phone,land\n+46701740605,SE\n070-174 06 06,SE\n07700 900123,GB\n";
    let job = Job::new().list("list.csv", list);
    job.enrich("list.csv", "out.parquet", &service, &[])
        .exits_with(0)
        .says(&["2 numbers may be national", "--region-column \"land\""]);
    let done = job.enrich("list.csv", "again.parquet", &service, &["--region-column", "land"]);
    assert!(!done.exits_with(0).stderr().contains("may be national"));
    assert_eq!(service.account().requests, 3);
    job.enrich("list.csv", "x.parquet", &service, &["--region-column", "lnd"])
        .exits_with(2)
        .says(&["--region-column"]);
}
