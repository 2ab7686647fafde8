//! Runs over rows: what they share, and what is refused.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};

use crate::config::{Environment, RawConfig, TextList};
use crate::enricher::SharedEnrichers;
use crate::job::{EnrichedRows, RowsError, RowsJob, RowsPurpose, RowsSource, StartError};
use crate::lookup::StopSignal;
use crate::model::RecordStream;
use crate::simulator::{Simulator, SimulatorSettings};
use crate::telemetry::NoReporter;

fn texts(column: &str, cells: Vec<String>) -> RowsSource {
    let length = cells.len() as u64;
    let cells: ArrayRef = Arc::new(StringArray::from(cells));
    let batch = RecordBatch::try_from_iter([(column, cells)]).unwrap();
    RowsSource::Rows(RecordStream::from_batches(batch.schema(), [batch]), Some(length))
}

fn numbers(rows: u64) -> RowsSource {
    texts("phone", (0..rows).map(|row| format!("+4670{row:07}")).collect())
}

fn job(keys: RawConfig, purpose: RowsPurpose) -> Result<RowsJob, String> {
    let environment = Environment::of([("HLR_USERNAME", "user"), ("HLR_PASSWORD", "password")]);
    RowsJob::load(None, keys, &environment, purpose).map_err(|problems| problems.to_string())
}

fn at(url: &str, ledger: &Path) -> RawConfig {
    RawConfig {
        endpoint: Some(TextList(vec![url.to_owned()])),
        ledger: Some(ledger.to_owned()),
        rate: Some(1_000.0),
        ..RawConfig::default()
    }
}

async fn open(
    keys: RawConfig,
    source: RowsSource,
    enrichers: &Arc<SharedEnrichers>,
) -> Result<EnrichedRows, StartError> {
    let job = job(keys, RowsPurpose::Enrich).unwrap();
    job.enrich(source, enrichers, StopSignal::default(), Arc::new(NoReporter)).await
}

async fn read(mut rows: EnrichedRows) -> (usize, EnrichedRows) {
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    (count, rows)
}

/// The rows of 5,000 numbers, of which the first were read.
async fn partly_read(keys: RawConfig, enrichers: &Arc<SharedEnrichers>) -> EnrichedRows {
    let mut rows = open(keys, numbers(5_000), enrichers).await.unwrap();
    rows.next().await.unwrap().unwrap();
    rows
}

#[tokio::test]
async fn calls_at_the_same_time_share_the_limits_and_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.redb");
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let enrichers = Arc::default();
    let first = open(at(&simulator.url(), &ledger), numbers(300), &enrichers).await.unwrap();
    let second = open(at(&simulator.url(), &ledger), numbers(500), &enrichers).await.unwrap();
    let faster = RawConfig { rate: Some(2_000.0), ..at(&simulator.url(), &ledger) };
    let refused = open(faster, numbers(1), &enrichers).await.err().expect("two rates for one account");
    assert_eq!(
        refused.to_string(),
        "another call for the same account is under way with another value of rate"
    );
    let ((first_rows, first), (second_rows, second)) = tokio::join!(read(first), read(second));
    assert_eq!((first_rows, second_rows), (300, 500));
    let (first, second) = (first.report().counts, second.report().counts);
    assert_eq!((first.rows, second.rows), (300, 500));
    assert!(first.adds_up() && second.adds_up());
    assert_eq!(first.answered + second.answered, 500);
    let account = simulator.account();
    assert_eq!(account.requests, 500, "no number is asked twice");
    // The last one has closed the ledger, so another rate is welcome.
    let slower = RawConfig { rate: Some(500.0), ..at(&simulator.url(), &ledger) };
    let (rows, third) = read(open(slower, numbers(500), &enrichers).await.unwrap()).await;
    assert_eq!((rows, third.report().counts.from_ledger), (500, 500));
}

#[tokio::test]
async fn rows_that_are_dropped_early_keep_what_was_paid() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.redb");
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let enrichers: Arc<SharedEnrichers> = Arc::default();
    let keys = || RawConfig { window_rows: Some(100), ..at(&simulator.url(), &ledger) };
    drop(partly_read(keys(), &enrichers).await);
    let (rows, again) = read(open(keys(), numbers(5_000), &enrichers).await.unwrap()).await;
    assert_eq!(rows, 5_000);
    let counts = again.report().counts;
    assert!(counts.from_ledger > 0, "{counts:?}");
    assert_eq!(simulator.account().requests, 5_000, "no number is paid for twice");
}

#[tokio::test]
async fn a_stopped_run_says_why_and_gives_its_rows() {
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keys = RawConfig {
        max_lookups: Some(40),
        concurrency: Some(1),
        ..at(&simulator.url(), &folder.path().join("ledger.redb"))
    };
    let mut rows = open(keys, numbers(200), &Arc::default()).await.unwrap();
    let mut answered = 0;
    let error = loop {
        match rows.next().await.expect("an error is the last item") {
            Ok(batch) => {
                let source = batch.column_by_name("hlr_source").unwrap().as_string::<i32>().clone();
                answered += source.iter().filter(|source| *source == Some("live")).count();
            }
            Err(error) => break error,
        }
    };
    assert_eq!((answered, error.to_string().as_str()), (40, "the limit of 40 lookups is reached"));
    assert!(rows.next().await.is_none());
    assert_eq!(rows.report().ending, "stopped");
}

#[tokio::test]
async fn a_list_without_numbers_is_refused_before_anything_is_asked() {
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keys = at(&simulator.url(), &folder.path().join("ledger.redb"));
    let names = texts("phone", vec!["Ada".into(), "Grace".into()]);
    let error = open(keys, names, &Arc::default()).await.err().expect("no numbers");
    assert!(matches!(error, StartError::List(_)), "{error}");
    assert_eq!(simulator.account().requests, 0);
}

#[tokio::test]
async fn numbers_are_read_without_an_endpoint() {
    let keys = RawConfig { region: Some("SE".into()), ..RawConfig::default() };
    let job = job(keys, RowsPurpose::Normalise).unwrap();
    let rows = job.normalise(texts("phone", vec!["070-174 06 05".into(), "call Ada".into()])).await.unwrap();
    let batches: Vec<RecordBatch> = futures::TryStreamExt::try_collect(rows).await.unwrap();
    let column = |name: &str| batches[0].column_by_name(name).unwrap().as_string::<i32>().clone();
    assert_eq!(column("hlr_msisdn").iter().collect::<Vec<_>>(), [Some("46701740605"), None]);
    assert_eq!(column("hlr_reason").iter().collect::<Vec<_>>(), [None, Some("not_a_number")]);
}

#[test]
fn keys_of_files_are_refused() {
    let keys = RawConfig { output: Some("x.csv".into()), force: Some(true), ..RawConfig::default() };
    let problems = job(keys, RowsPurpose::Normalise).expect_err("there is no output");
    assert_eq!(
        problems,
        "output belongs to a run over files: here the rows go to the caller\n\
         force belongs to a run over files: here the rows go to the caller"
    );
}

#[tokio::test]
async fn the_rows_end_once() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let keys = at(&simulator.url(), &folder.path().join("ledger.redb"));
    let mut rows = open(keys, numbers(3), &Arc::default()).await.unwrap();
    rows.close().await.unwrap();
    assert!(rows.next().await.is_none_or(|next| matches!(next, Err(RowsError::Closed))));
    rows.close().await.unwrap();
}

#[tokio::test]
async fn the_end_of_the_process_waits_for_rows_that_nobody_reads() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.redb");
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let enrichers: Arc<SharedEnrichers> = Arc::default();
    let keys = || RawConfig { window_rows: Some(100), ..at(&simulator.url(), &ledger) };
    let mut rows = partly_read(keys(), &enrichers).await;
    enrichers.finish_all().await;
    let asked = simulator.account().requests;
    assert!(asked < 5_000, "{asked}");
    let rest = rows.next().await;
    assert!(rest.is_none_or(|rest| rest.is_ok() || matches!(rest, Err(RowsError::Enrich(_)))));
    assert_eq!(simulator.account().requests, asked, "nothing is asked after the end");
}
