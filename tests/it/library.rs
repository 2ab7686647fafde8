//! The library as another program uses it: through its public API, judged by the account of the
//! simulator.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchIterator, RecordBatchReader, StringArray,
};
use arrow::error::ArrowError;
use futures::{StreamExt, TryStreamExt};
use hlr_enrich::simulator::{
    Account, Authentication, Latency, OutageKind, RequestLimits, Simulator, SimulatorSettings,
};
use hlr_enrich::{
    Caps, DryRun, EnrichError, EnrichedStream, Enricher, EnricherBuilder, Event, LedgerChoice,
    LedgerSettings, Msisdn, OpenError, Outcome, RateChoice, RecordStream, Reporter, RowSettings, Settings,
    Source, StopReason, normalise_rows,
};

/// A constant latency.
fn takes(median: Duration) -> SimulatorSettings {
    SimulatorSettings { latency: Latency { median, ..Latency::default() }, ..SimulatorSettings::default() }
}

/// A list of different Swedish mobile numbers, in batches of this many rows.
fn list(numbers: std::ops::Range<u64>, rows_of_a_batch: usize) -> RecordStream {
    let numbers: Vec<u64> = numbers.collect();
    let batch = |numbers: &[u64]| {
        let cells = numbers.iter().map(|n| format!("+{}", 46_700_000_000 + n));
        let phones: ArrayRef = Arc::new(StringArray::from_iter_values(cells));
        RecordBatch::try_from_iter([("phone", phones)]).unwrap()
    };
    let batches: Vec<_> = numbers.chunks(rows_of_a_batch).map(batch).collect();
    RecordStream::from_batches(batches[0].schema(), batches)
}

/// An enricher for a server on this machine.
fn asking(simulator: &Simulator) -> EnricherBuilder {
    Enricher::builder().endpoint(&simulator.url()).unwrap().credentials("user", "password")
}

/// The rows that the stream returned, and how it ended.
async fn read(mut rows: EnrichedStream) -> (usize, Option<EnrichError>) {
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        match batch {
            Ok(batch) => count += batch.num_rows(),
            Err(error) => {
                assert!(rows.next().await.is_none(), "an error is the last item");
                return (count, Some(error));
            }
        }
    }
    (count, None)
}

/// How many of the first `numbers` numbers a new run takes from the ledger, and what it reports about
/// the previous run.
async fn known_to_the_next_run(ledger: &Path, numbers: u64) -> (u64, Vec<String>) {
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let enricher = asking(&simulator).ledger(ledger).open().await.unwrap();
    let warnings = enricher.warnings().to_vec();
    let (_, end) = read(enricher.enrich(list(0..numbers, 100)).unwrap()).await;
    assert!(end.is_none(), "{end:?}");
    (enricher.close().await.unwrap().counts.from_ledger, warnings)
}

/// How many numbers the service looked up, by its account.
fn answered(account: &Account) -> u64 {
    account.numbers.values().filter(|number| number.attempts > 0).count() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_is_the_last_item_of_the_stream() {
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let caps = Caps { lookups: Some(150), cost: None };
    let enricher = asking(&simulator).without_ledger().caps(caps).open().await.unwrap();
    let (rows, end) = read(enricher.enrich(list(0..10_000, 50)).unwrap()).await;
    let Some(EnrichError::Stopped(stopped)) = end else { panic!("{end:?}") };
    assert!(matches!(stopped.reason, StopReason::CapReached { .. }), "{stopped}");
    assert_eq!(stopped.rows, rows as u64);
    assert!(rows >= 150, "{rows} rows came out before");
    let totals = enricher.close().await.unwrap();
    assert!(totals.counts.billed <= 150 && simulator.totals().requests <= 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_the_last_item_of_the_stream() {
    let simulator = Simulator::start(takes(Duration::from_millis(5))).await.unwrap();
    let settings = Settings { give_up_after: Duration::from_millis(1_500), ..Settings::default() };
    let concurrency = NonZeroUsize::new(8).unwrap();
    let builder = Enricher::builder().settings(settings).concurrency(concurrency);
    let builder = builder.endpoint(&simulator.url()).unwrap().credentials("user", "password");
    let enricher = builder.without_ledger().open().await.unwrap();
    let mut rows = enricher.enrich(list(0..50_000, 20)).unwrap();
    let first = rows.try_next().await.unwrap().unwrap();
    assert_eq!(first.num_rows(), 20);
    simulator.set_outage(Some(OutageKind::Refuse)).await;
    let (_, end) = read(rows).await;
    let Some(EnrichError::Stopped(stopped)) = end else { panic!("{end:?}") };
    assert!(matches!(stopped.reason, StopReason::ServiceDown { .. }), "{stopped}");
    assert!(stopped.rows >= 20);
    enricher.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_are_the_last_item_of_the_stream() {
    let authentication = Authentication::Basic { username: "ada".into(), password: "secret".into() };
    let settings = SimulatorSettings { authentication, ..SimulatorSettings::default() };
    let simulator = Simulator::start(settings).await.unwrap();
    let enricher = asking(&simulator).without_ledger().open().await.unwrap();
    let (_, end) = read(enricher.enrich(list(0..1_000, 100)).unwrap()).await;
    let Some(EnrichError::Stopped(stopped)) = end else { panic!("{end:?}") };
    assert!(matches!(stopped.reason, StopReason::AccountRefused { .. }), "{stopped}");
    assert!(!stopped.to_string().contains("password"));
    enricher.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_stream_early_loses_no_paid_answer_and_asks_no_further() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("answers.redb");
    let simulator = Simulator::start(takes(Duration::from_millis(20))).await.unwrap();
    let concurrency = NonZeroUsize::new(16).unwrap();
    let enricher = asking(&simulator).ledger(&ledger).concurrency(concurrency).open().await.unwrap();
    let mut rows = enricher.enrich(list(0..20_000, 50)).unwrap();
    rows.try_next().await.unwrap().unwrap();
    drop(rows);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let after_the_drop = simulator.totals().requests;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(simulator.totals().requests, after_the_drop, "nobody waits for further numbers");
    // The enricher still works.
    let (rows, end) = read(enricher.enrich(list(0..300, 50)).unwrap()).await;
    assert!(end.is_none() && rows == 300, "{end:?}");
    enricher.close().await.unwrap();
    let account = simulator.stop().await;
    assert_eq!(account.settled_more_than_once(), 0, "nothing is paid for twice");
    let (known, warnings) = known_to_the_next_run(&ledger, 20_000).await;
    assert_eq!((known, warnings), (answered(&account), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_enricher_early_loses_no_paid_answer_and_leaves_no_mark() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("answers.redb");
    let simulator = Simulator::start(takes(Duration::from_millis(50))).await.unwrap();
    let enricher = asking(&simulator).ledger(&ledger).open().await.unwrap();
    let mut rows = enricher.enrich(list(0..20_000, 50)).unwrap();
    rows.try_next().await.unwrap().unwrap();
    drop(enricher);
    drop(rows);
    // The task that outlives them releases the ledger.
    let started = Instant::now();
    let (known, warnings) = loop {
        let again = asking(&simulator).ledger(&ledger).open().await;
        match again {
            Ok(enricher) => {
                drop(enricher.close().await.unwrap());
                break known_to_the_next_run(&ledger, 20_000).await;
            }
            Err(error) if error.is_busy() && started.elapsed() < Duration::from_secs(20) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
    };
    let account = simulator.stop().await;
    assert!(answered(&account) > 50, "something was under way");
    assert_eq!((known, warnings), (answered(&account), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_streams_share_one_rate_and_ask_no_number_twice() {
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let enricher = asking(&simulator).without_ledger().rate(200.0).unwrap().open().await.unwrap();
    let started = Instant::now();
    let one = read(enricher.enrich(list(0..300, 20)).unwrap());
    let other = read(enricher.enrich(list(200..500, 20)).unwrap());
    let ((rows, end), (other_rows, other_end)) = tokio::join!(one, other);
    assert!(end.is_none() && other_end.is_none() && rows == 300 && other_rows == 300);
    let took = started.elapsed();
    enricher.close().await.unwrap();
    let account = simulator.stop().await;
    assert_eq!((account.requests, account.settled_more_than_once()), (500, 0));
    assert!(account.most_in_a_second <= 203, "{} in a second", account.most_in_a_second);
    assert!(took >= Duration::from_millis(2_400), "500 requests at 200 per second took {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_streams_that_are_under_way() {
    let simulator = Simulator::start(takes(Duration::from_millis(20))).await.unwrap();
    let enricher = asking(&simulator).without_ledger().open().await.unwrap();
    let mut rows = enricher.enrich(list(0..20_000, 50)).unwrap();
    rows.try_next().await.unwrap().unwrap();
    let totals = enricher.close().await.unwrap();
    let (_, end) = read(rows).await;
    assert!(matches!(end, Some(EnrichError::Stopped(_))), "{end:?}");
    assert_eq!(totals.counts.requests, simulator.stop().await.requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_callers_stream_comes_after_the_rows_before_it() {
    let enricher = Enricher::builder().simulator(SimulatorSettings::default()).open().await.unwrap();
    let good = list(0..100, 10);
    let schema = good.schema();
    let broken = futures::stream::iter([Err(ArrowError::ParseError("no more".into()).into())]);
    let rows = enricher.enrich(RecordStream::new(schema, good.chain(broken))).unwrap();
    let (rows, end) = read(rows).await;
    assert_eq!(rows, 100);
    let Some(EnrichError::Input(error)) = end else { panic!("{end:?}") };
    assert!(format!("{error:?}").contains("no more"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_numbers_need_no_table() {
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let enricher = asking(&simulator).without_ledger().open().await.unwrap();
    let number = Msisdn::new(46_701_740_605).unwrap();
    let replies = enricher.lookup(&[number, number]).await;
    let truth = simulator.final_answer(number);
    for reply in &replies {
        let Outcome::Answered(answered) = &reply.outcome else { panic!("{reply:?}") };
        assert_eq!(answered.answer.result, truth.result);
    }
    assert_eq!((replies[0].source, replies[1].source), (Source::Live, Source::Duplicate));
    enricher.close().await.unwrap();
}

#[tokio::test]
async fn what_is_unsafe_to_leave_out_is_an_error_of_open() {
    let error = |settings: Settings| async { Enricher::open(settings).await.err().unwrap() };
    assert!(matches!(error(Settings::default()).await, OpenError::NoEndpoint));
    let provider = || {
        let builder = Enricher::builder().endpoint("http://127.0.0.1:9").unwrap();
        builder.credentials("user", "password")
    };
    assert!(matches!(provider().open().await.err().unwrap(), OpenError::NoLedgerChosen));
    let without_account = Enricher::builder().endpoint("http://127.0.0.1:9").unwrap().without_ledger();
    assert!(matches!(without_account.open().await.err().unwrap(), OpenError::NoCredentials));
    let impossible = Settings { timeout: Duration::ZERO, ..Settings::default() };
    let builder = Enricher::builder().settings(impossible).simulator(SimulatorSettings::default());
    let OpenError::Setting(invalid) = builder.open().await.err().unwrap() else { panic!("it opened") };
    assert_eq!(invalid.key, "timeout");
}

#[test]
fn defaults_are_careful_with_a_provider() {
    let settings = Settings::default();
    assert!(settings.is_remote(), "as long as nobody is named");
    assert_eq!(settings.effective_rate().map(|rate| rate.get()), Some(10.0));
    assert_eq!(settings.effective_concurrency().get(), 10);
    let unlimited = Settings { rate: RateChoice::Unlimited, ..Settings::default() };
    assert_eq!(unlimited.effective_rate(), None);
}

#[test]
fn callers_without_a_runtime_read_an_arrow_reader() {
    let enricher = Enricher::builder().simulator(SimulatorSettings::default()).open_blocking().unwrap();
    let phones: ArrayRef = Arc::new(StringArray::from(vec!["+46701740605", "nonsense"]));
    let batch = RecordBatch::try_from_iter([("phone", phones)]).unwrap();
    let schema = batch.schema();
    let reader = RecordBatchIterator::new([Ok(batch)], schema);
    let enriched = enricher.enrich_blocking(reader).unwrap();
    assert!(enriched.schema().index_of("hlr_status").is_ok());
    let batches: Vec<RecordBatch> = enriched.collect::<Result<_, _>>().unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
    let number = Msisdn::new(46_701_740_606).unwrap();
    assert!(matches!(enricher.lookup_blocking(&[number])[0].outcome, Outcome::Answered(_)));
    assert_eq!(enricher.close_blocking().unwrap().counts.rows, 2);
}

#[test]
fn dropping_a_blocking_enricher_early_loses_no_paid_answer() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("answers.redb");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let simulator = runtime.block_on(Simulator::start(takes(Duration::from_millis(50)))).unwrap();
    let enricher = asking(&simulator).ledger(&ledger).open_blocking().unwrap();
    let rows = list(0..20_000, 50);
    let batches: Vec<_> = runtime.block_on(rows.try_collect::<Vec<_>>()).unwrap();
    let schema = batches[0].schema();
    let reader = RecordBatchIterator::new(batches.into_iter().map(Ok), schema);
    let mut enriched = enricher.enrich_blocking(reader).unwrap();
    enriched.next().unwrap().unwrap();
    drop(enricher);
    drop(enriched);
    let account = runtime.block_on(simulator.stop());
    let (known, warnings) = runtime.block_on(known_to_the_next_run(&ledger, 20_000));
    assert_eq!((known, warnings), (answered(&account), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_what_would_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("answers.redb");
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let enricher = asking(&simulator).ledger(&ledger).open().await.unwrap();
    assert!(read(enricher.enrich(list(0..100, 10)).unwrap()).await.1.is_none());
    enricher.close().await.unwrap();
    let requests = simulator.totals().requests;
    let settings = Settings {
        provider: Some(hlr_enrich::Provider::Endpoints {
            endpoints: hlr_enrich::Endpoint::named(&simulator.url()).unwrap(),
            credentials: None,
        }),
        ledger: LedgerChoice::File(LedgerSettings::new(&ledger)),
        ..Settings::default()
    };
    let rows = list(50..150, 10);
    let estimate = DryRun::open(&rows.schema(), &settings).unwrap().estimate(rows).await.unwrap();
    assert_eq!((estimate.rows, estimate.distinct, estimate.to_look_up), (100, 100, 50));
    assert_eq!(simulator.totals().requests, requests, "nobody is asked");
}

#[tokio::test]
async fn rows_are_normalised_without_asking() {
    let phones: ArrayRef = Arc::new(StringArray::from(vec![Some("+46 70-174 06 05"), Some("x"), None]));
    let batch = RecordBatch::try_from_iter([("phone", phones)]).unwrap();
    let rows = RecordStream::from_batches(batch.schema(), [batch]);
    let rows = normalise_rows(rows, RowSettings::default()).unwrap();
    let schema = rows.schema();
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["phone", "hlr_msisdn", "hlr_reason"]);
    let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
    let (numbers, reasons) =
        (batches[0].column(1).as_string::<i32>(), batches[0].column(2).as_string::<i32>());
    assert_eq!((numbers.value(0), numbers.is_null(1)), ("46701740605", true));
    assert_eq!((reasons.is_null(0), reasons.value(1), reasons.value(2)), (true, "not_a_number", "empty"));
}

/// Compiles only if an enricher and its streams can move between threads.
/// Panics at every event.
struct Panics;

impl Reporter for Panics {
    fn event(&self, event: Event) {
        panic!("{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_that_panics_loses_no_answer() {
    let limits = RequestLimits { ongoing: Some(4), ..RequestLimits::default() };
    let settings = SimulatorSettings { limits, ..takes(Duration::from_millis(20)) };
    let simulator = Simulator::start(settings).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let enricher = asking(&simulator).ledger(&ledger).reporter(Arc::new(Panics)).open().await.unwrap();
    let (rows, end) = read(enricher.enrich(list(0..300, 50)).unwrap()).await;
    assert!(end.is_none(), "{end:?}");
    let counts = enricher.close().await.unwrap().counts;
    assert!(counts.throttled > 0, "something was reported");
    assert_eq!((rows, counts.answered), (300, 300));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_with_values_that_cannot_work_is_refused() {
    let enricher = Enricher::builder().simulator(SimulatorSettings::default()).open().await.unwrap();
    let unpriced = RowSettings { cost_column: true, ..RowSettings::default() };
    let foldered = RowSettings { prefix: "a/b".into(), ..RowSettings::default() };
    for settings in [unpriced, foldered] {
        assert!(enricher.enrich_with(list(0..1, 1), settings.clone()).is_err());
        let settings = Settings { rows: settings, ..Settings::default() };
        assert!(DryRun::open(&list(0..1, 1).schema(), &settings).is_err());
    }
}

#[test]
fn the_public_types_cross_threads() {
    fn crosses<T: Send>() {}
    crosses::<Enricher>();
    crosses::<EnrichedStream>();
    crosses::<hlr_enrich::EnrichedReader>();
}
