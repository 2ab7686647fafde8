//! Formats in and out, and outputs that exist already.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Int64Array, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;
use hlr_enrich::simulator::SimulatorSettings;
use parquet::arrow::ArrowWriter;

use super::CONTACTS;
use crate::harness::{Job, Service, every_row_is_true};

#[test]
fn a_parquet_list_keeps_every_column_and_type() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new();
    let tags =
        ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
    let kinds: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
    let since = TimestampMicrosecondArray::from(vec![1, 2, 3]).with_timezone("+02:00");
    let columns: [(&str, ArrayRef); 5] = [
        ("msisdn", Arc::new(Int64Array::from(vec![Some(46_701_740_605), None, Some(46_701_740_606)]))),
        ("tags", Arc::new(tags)),
        ("kind", Arc::new(kinds)),
        ("since", Arc::new(since)),
        ("name", Arc::new(StringArray::from(vec!["Ada", "Bertil", "Cecilia"]))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
    let file = std::fs::File::create(job.path("list.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    job.enrich("list.parquet", "out.parquet", &service, &[]).exits_with(0);
    let table = job.read("out.parquet");
    for (place, field) in batch.schema().fields().iter().enumerate() {
        assert_eq!(table.0.schema().field(place).data_type(), field.data_type());
        assert_eq!(table.0.column(place), batch.column(place), "{}", field.name());
    }
    every_row_is_true(&table, &service);
}

#[test]
fn an_enriched_file_can_be_enriched_again() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("contacts.csv", CONTACTS);
    job.enrich("contacts.csv", "once.parquet", &service, &[]).exits_with(0);
    job.enrich("once.parquet", "twice.parquet", &service, &[]).exits_with(0);
    let (once, twice) = (job.read("once.parquet"), job.read("twice.parquet"));
    assert_eq!(once.0.schema(), twice.0.schema());
    assert_eq!(once.column("hlr_result"), twice.column("hlr_result"));
}

#[test]
fn the_outputs_ending_decides_its_format() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("contacts.csv", CONTACTS);
    job.enrich("contacts.csv", "out.csv", &service, &[]).exits_with(0);
    job.enrich("contacts.csv", "out.ndjson", &service, &[]).exits_with(0);
    let csv = std::fs::read_to_string(job.path("out.csv")).unwrap();
    assert!(csv.starts_with("id,name,phone,hlr_msisdn,hlr_status,"), "{csv}");
    assert_eq!(csv.lines().count(), 9);
    let ndjson = std::fs::read_to_string(job.path("out.ndjson")).unwrap();
    let rows: Vec<serde_json::Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[0]["hlr_msisdn"], "46701740605");
}

#[test]
fn an_output_that_exists_is_replaced_only_by_force() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("contacts.csv", CONTACTS).list("out.parquet", "precious");
    job.enrich("contacts.csv", "out.parquet", &service, &[]).exits_with(2).says(&["out.parquet", "--force"]);
    assert_eq!(std::fs::read(job.path("out.parquet")).unwrap(), b"precious");
    assert_eq!(service.account().requests, 0, "nothing was asked");
    job.enrich("contacts.csv", "out.parquet", &service, &["--force"]).exits_with(0);
    assert_eq!(job.read("out.parquet").rows(), 8);
    assert_eq!(job.files(), ["contacts.csv", "out.parquet"], "nothing is left behind");
}

#[test]
fn ndjson_comes_out_as_it_came_in() {
    let service = Service::start(SimulatorSettings::default());
    let lines = "{\"id\":1,\"contact\":{\"phone\":\"+46701740605\"},\"phone\":46701740605}\n{\"id\":2,\"phone\":null}\n";
    let job = Job::new().list("list.ndjson", lines);
    job.enrich("list.ndjson", "out.ndjson", &service, &["-c", "phone"]).exits_with(0);
    let text = std::fs::read_to_string(job.path("out.ndjson")).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["contact"]["phone"], "+46701740605");
    assert_eq!(
        (&rows[0]["phone"], &rows[0]["hlr_msisdn"]),
        (&46_701_740_605_u64.into(), &"46701740605".into())
    );
    assert_eq!(rows[1]["hlr_status"], "invalid");
}

#[test]
fn a_malformed_line_stops_the_run_before_anything_is_asked() {
    let service = Service::start(SimulatorSettings::default());
    let lines = "{\"phone\":\"+46701740605\"}\n".repeat(5_000) + "{\"phone\":\n";
    let job = Job::new().list("list.ndjson", &lines);
    let run = job.enrich("list.ndjson", "out.csv", &service, &[]);
    run.exits_with(2);
    assert!(!job.path("out.csv").exists());
}

#[test]
fn a_partitioned_output_is_a_list() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("contacts.csv", CONTACTS);
    job.enrich("contacts.csv", "out", &service, &["--partition-by", "country"]).exits_with(0);
    job.enrich("out", "again.csv", &service, &["--only", "unresolved", "-c", "phone"]).exits_with(0);
    let text = std::fs::read_to_string(job.path("again.csv")).unwrap();
    assert_eq!(text.lines().count(), 9);
    assert!(text.lines().any(|line| line.contains(",SE")), "{text}");
}

#[test]
fn files_with_different_columns_are_told_of() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new()
        .list("a.csv", "id,phone\n1,+46701740605\n")
        .list("b.csv", "Phone,plan\n+447700900123,gold\n");
    let run = job.enrich("*.csv", "out.ndjson", &service, &[]);
    run.exits_with(0);
    let text = std::fs::read_to_string(job.path("out.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("447700900123") && text.contains("gold"), "{text}");
}
