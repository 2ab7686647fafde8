use std::fs;

use super::{Kind, Store, Trouble, job_at};
use crate::harness::{Job, Service, nth_number};

fn numbers(range: std::ops::Range<u64>) -> String {
    let rows: String = range.map(|n| format!("{n},{}\n", nth_number(n).get())).collect();
    format!("id,phone\n{rows}")
}

fn rows_of(job: &Job, list: &str) -> usize {
    let service = Service::start(Default::default());
    job.enrich(list, "out.csv", &service, &["--no-ledger", "--force"]).exits_with(0);
    fs::read_to_string(job.path("out.csv")).unwrap().lines().count() - 1
}

#[test]
fn every_format_is_read_as_from_a_disk() {
    let sample = |name: &str| {
        fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(name)).unwrap()
    };
    let store = Store::start();
    let job = job_at(&store);
    let ndjson: String = (0..300).map(|n| format!("{{\"phone\": \"+{}\"}}\n", nth_number(n).get())).collect();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gz, numbers(0..500).as_bytes()).unwrap();
    for (key, content) in [
        ("lists/contacts.csv", sample("contacts.csv")),
        ("lists/contacts.parquet", sample("contacts.parquet")),
        ("lists/list.ndjson", ndjson.into_bytes()),
        ("lists/list.csv.gz", gz.finish().unwrap()),
        ("lists/a b+c%20å.csv", numbers(0..20).into_bytes()),
    ] {
        store.put(key, content.clone());
        let local = format!("local-{}", key.rsplit('/').next().unwrap());
        fs::write(job.path(&local), content).unwrap();
        let flags = ["--no-ledger", "--force", "--max-invalid", "1"];
        let service = Service::start(Default::default());
        job.enrich(&local, "local.csv", &service, &flags).exits_with(0);
        for kind in [Kind::S3, Kind::Gcs] {
            let url = format!("{}/{key}", kind.lake());
            job.enrich(&url, "out.csv", &service, &flags).exits_with(0);
            let read = |name: &str| {
                let text = fs::read_to_string(job.path(name)).unwrap();
                // When a number was checked differs.
                text.lines().map(|line| line.matches(',').count()).collect::<Vec<_>>()
            };
            assert_eq!(read("out.csv"), read("local.csv"), "{url}");
        }
    }
}

#[test]
fn patterns_and_hive_folders_are_lists() {
    let store = Store::start();
    let job = job_at(&store);
    for n in 0..120 {
        store.put(&format!("many/part-{n:03}.csv"), numbers(n * 10..n * 10 + 10));
    }
    for (country, range) in [("GB", 0..5), ("S%20E", 5..12)] {
        store.put(&format!("hive/country={country}/a.csv"), numbers(range));
    }
    store.put("hive/_SUCCESS", "");
    store.put("hive/country=GB/.hidden.csv", "x");
    store.put("hive/other/b.csv", numbers(0..3));
    // More than a page of the listing.
    assert_eq!(rows_of(&job, "s3://lake/many/part-*.csv"), 1_200);
    assert_eq!(rows_of(&job, "s3://lake/many/part-0[01]?.csv"), 200);
    assert_eq!(rows_of(&job, "s3://lake/many/"), 1_200);
    assert_eq!(rows_of(&job, "gs://lake/hive/*/*.csv"), 15);
    let service = Service::start(Default::default());
    let done = job.enrich("s3://lake/hive", "hive.csv", &service, &["--no-ledger"]);
    done.exits_with(0).says(&["s3://lake/hive/other: this folder is not a partition and was not read"]);
    let text = fs::read_to_string(job.path("hive.csv")).unwrap();
    assert!(text.lines().next().unwrap().contains("country"), "{text}");
    assert_eq!((text.matches(",GB,").count(), text.matches(",S E,").count()), (5, 7), "{text}");
}

#[test]
fn what_is_no_list_is_named_with_its_url_before_anything_is_asked() {
    let store = Store::start();
    store.put("table/_delta_log/00000.json", "{}");
    store.put("table/part-0.parquet", "PAR1");
    store.put("ice/metadata/v1.metadata.json", "{}");
    store.put("ice/data/a.csv", numbers(0..3));
    let job = job_at(&store);
    let service = Service::start(Default::default());
    for (list, words) in [
        ("s3://lake/none.csv", "s3://lake/none.csv: there is no such object"),
        ("s3://lake/none-*.csv", "s3://lake/none-*.csv: no file matches"),
        ("s3://pond/list.csv", "there is no such bucket: pond"),
        ("s3://lake/table", "s3://lake/table: this is a Delta table"),
        ("s3://lake/table/*.parquet", "s3://lake/table: this is a Delta table"),
        ("s3://lake/ice/data", "s3://lake/ice: this is an Iceberg table"),
        ("https://example.com/list.csv", "https:// cannot be read"),
        ("s3://", "names no bucket"),
    ] {
        let done = job.enrich(list, "out.csv", &service, &["--no-ledger"]);
        done.exits_with(2).says(&[words]);
    }
    assert_eq!(service.account_in_short().requests, 0);
    assert!(job.files().is_empty());
}

#[test]
fn file_urls_are_paths() {
    let job = Job::new().list("a list.csv", numbers(0..5));
    let url = |name: &str| format!("file://{}", job.path(name).display()).replace(' ', "%20");
    let service = Service::start(Default::default());
    job.enrich(&url("a list.csv"), &url("out file.csv"), &service, &["--no-ledger"]).exits_with(0);
    assert_eq!(job.files(), ["a list.csv", "out file.csv"]);
}

/// Seven megabytes: several ranges, read ahead.
#[test]
fn an_object_that_changes_while_it_is_read_stops_the_run() {
    let store = Store::start();
    let padding = "x".repeat(100);
    let rows: String =
        (0..60_000).map(|n| format!("{n},{},{padding}\n", nth_number(n % 100).get())).collect();
    store.put("list.csv", format!("id,phone,note\n{rows}"));
    let job = job_at(&store);
    assert_eq!(rows_of(&job, "s3://lake/list.csv"), 60_000);
    store.set_trouble(|_, request| {
        let start = request.headers.get("range")?.strip_prefix("bytes=")?.split('-').next()?.parse::<u64>();
        (start.ok()? > 3_000_000).then_some(Trouble::Status(412, "PreconditionFailed"))
    });
    let service = Service::start(Default::default());
    let done = job.enrich("s3://lake/list.csv", "new.csv", &service, &["--no-ledger"]);
    done.exits_with(2).says(&["s3://lake/list.csv: it was replaced while it was read", "run again"]);
}
