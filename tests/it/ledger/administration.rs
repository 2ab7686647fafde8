//! `hlr ledger`: export, import, forget, prune.

use hlr_enrich::simulator::SimulatorSettings;

use crate::harness::{Done, Job, Service, every_row_is_true, nth_number};

#[test]
fn a_ledger_can_be_exported_imported_pruned_and_forget_numbers() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 500);
    job.enrich("list.csv", "out.parquet", &service, &["--ledger", "a.redb"]).exits_with(0);
    let stats = |ledger: &str| -> serde_json::Value {
        let done = job.hlr(["ledger", "stats", "--json", "--ledger", ledger]);
        serde_json::from_str(&done.exits_with(0).stdout()).unwrap()
    };
    let answers = |ledger: &str| stats(ledger)["answers"].as_u64().unwrap();
    assert_eq!(answers("a.redb"), 500);
    for export in ["all.parquet", "all.csv"] {
        job.hlr(["ledger", "export", export, "--ledger", "a.redb"]).exits_with(0);
    }
    for (import, ledger) in [("all.parquet", "b.redb"), ("all.csv", "c.redb"), ("out.parquet", "d.redb")] {
        job.hlr(["ledger", "import", import, "--ledger", ledger, "--simulated"]).exits_with(0).says(&["500"]);
        let name = format!("{ledger}.parquet");
        job.enrich("list.csv", &name, &service, &["--ledger", ledger]).exits_with(0);
        every_row_is_true(&job.read(&name), &service);
        for figures in ["by_result", "by_network", "by_country", "oldest", "youngest"] {
            assert_eq!(stats(ledger)[figures], stats("a.redb")[figures], "{figures} of {import}");
        }
    }
    assert_eq!(service.account().requests, 500, "nothing was sent twice");

    let digits = nth_number(7).get();
    job.hlr(["ledger", "forget", &format!("+{digits}"), "--ledger", "a.redb"])
        .exits_with(0)
        .says(&["1 answer to "]);
    let bytes = std::fs::read(job.path("a.redb")).unwrap();
    let trace = bytes.windows(8).any(|window| window == digits.to_le_bytes());
    assert!(!trace, "no trace is left in the file");
    assert_eq!(answers("a.redb"), 499);
    let forget = ["ledger", "forget", "--file", "list.csv", "--ledger", "a.redb"];
    job.hlr(forget).exits_with(0).says(&["499 answers", "500 numbers"]);
    job.hlr(["ledger", "forget", "12", "--ledger", "a.redb"]).exits_with(2).says(&["nothing was forgotten"]);

    job.hlr(["ledger", "prune", "--older-than", "1d", "--dry-run", "--ledger", "b.redb"]).says(&["0 of 500"]);
    job.hlr(["ledger", "prune", "--older-than", "0s", "--ledger", "b.redb"])
        .exits_with(0)
        .says(&["500 answers"]);
    assert_eq!(answers("b.redb"), 0);
    job.hlr(["ledger", "stats", "--ledger", "nowhere.redb"]).exits_with(2).says(&["there is no ledger"]);
}

#[test]
fn a_younger_answer_is_never_replaced_by_an_import() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 50);
    job.enrich("list.csv", "old.parquet", &service, &["--ledger", "l.redb"]).exits_with(0);
    job.enrich("list.csv", "new.parquet", &service, &["--ledger", "l.redb", "--refresh"]).exits_with(0);
    let import: Done = job.hlr(["ledger", "import", "old.parquet", "--ledger", "l.redb", "--simulated"]);
    import.exits_with(0).says(&["50 with an answer, 0 of them new"]);
    job.enrich("list.csv", "now.parquet", &service, &["--ledger", "l.redb"]).exits_with(0);
    let checked_at = |name| job.read(name).0.column_by_name("hlr_checked_at").unwrap().clone();
    assert_eq!(&checked_at("now.parquet"), &checked_at("new.parquet"));
}

/// `tests/data/ledger-v1.redb.zst` was written by the first version with a ledger, with answers in
/// three scopes and in the journal; `ledger-v1.csv` is its export of that time.
#[test]
fn a_ledger_of_the_first_format_stays_readable() {
    let job = Job::new()
        .list("old.redb", zstd::decode_all(&include_bytes!("../../data/ledger-v1.redb.zst")[..]).unwrap());
    job.hlr(["ledger", "export", "now.csv", "--ledger", "old.redb"]).exits_with(0);
    // Names of networks may change.
    let facts = |text: &str| -> Vec<Vec<String>> {
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let named = ["network", "country"];
        let kept: Vec<bool> = rows.headers().unwrap().iter().map(|name| !named.contains(&name)).collect();
        let cells = |row: csv::StringRecord| -> Vec<String> {
            row.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell.to_owned()).collect()
        };
        rows.records().map(|row| cells(row.unwrap())).collect()
    };
    let (then, now) =
        (include_str!("../../data/ledger-v1.csv"), std::fs::read_to_string(job.path("now.csv")).unwrap());
    assert_eq!(facts(&now).len(), 600);
    assert_eq!(facts(&now), facts(then));
}
