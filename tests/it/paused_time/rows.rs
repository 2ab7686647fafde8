//! Whole rows through the lookup stage, under the same conditions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use futures::{StreamExt, stream};
use hlr_enrich::internals::enrich::{
    BatchEnricher, EnrichSettings, NumberSettings, Only, Order, RowReader, Window,
};
use hlr_enrich::internals::lookup::StopSignal;
use hlr_enrich::internals::model::{Msisdn, Product, RecordStream};

use super::fake_service::truth;
use super::run::{Run, paused_runtime};

/// The rows of a list with some invalid numbers, in batches. `held` counts rows that were read and
/// not yet written.
fn list_of(batches: &[Vec<Msisdn>], held: &Arc<AtomicUsize>, max_held: &Arc<AtomicUsize>) -> RecordStream {
    let batches: Vec<_> = batches
        .iter()
        .flat_map(|numbers| numbers.chunks(BATCH_ROWS))
        .map(|numbers| {
            let cells = numbers
                .iter()
                .map(|n| if n.get() % 7 == 0 { "call the office".into() } else { n.get().to_string() });
            let column: ArrayRef = Arc::new(StringArray::from_iter_values(cells));
            RecordBatch::try_from_iter([("phone", column)]).unwrap()
        })
        .collect();
    let schema = Arc::new(Schema::new(vec![Field::new("phone", DataType::Utf8, false)]));
    let (held, max_held) = (held.clone(), max_held.clone());
    let counted = stream::iter(batches).map(move |batch: RecordBatch| {
        let now = held.fetch_add(batch.num_rows(), Ordering::Relaxed) + batch.num_rows();
        max_held.fetch_max(now, Ordering::Relaxed);
        Ok(batch)
    });
    RecordStream::new(schema, counted)
}

const BATCH_ROWS: usize = 50;

/// The same conditions for whole rows: every row comes out, in order, the counts add up, and no
/// more rows are held than the window allows.
fn check_rows(seed: u64) {
    let run = Run::with_seed(seed);
    let batches = run.batches.clone();
    let rows_in: usize = batches.iter().map(Vec::len).sum();
    let settings = settings();
    let max_rows = settings.window.rows + 2 * BATCH_ROWS;
    let (held, max_held) = (Arc::default(), Arc::default());
    let runtime = paused_runtime();
    let (out, snapshot) = runtime.block_on(async {
        let (lookup, counters, _) = run.start(StopSignal::default());
        let list = list_of(&batches, &held, &max_held);
        let reader = RowReader::new(&list.schema(), &settings).unwrap();
        let lookup = Arc::new(lookup);
        let mut rows = BatchEnricher::new(lookup.clone(), reader, settings, counters.clone(), Arc::default())
            .enrich(list);
        let mut out = Vec::new();
        while let Some(batch) = rows.next().await {
            let batch = batch.unwrap();
            held.fetch_sub(batch.num_rows(), Ordering::Relaxed);
            out.push(batch);
        }
        drop(rows);
        lookup.finish().await;
        (out, counters.snapshot())
    });
    assert_eq!(out.iter().map(RecordBatch::num_rows).sum::<usize>(), rows_in, "seed {seed}");
    check_cells(seed, &batches, &out);
    assert!(snapshot.adds_up(), "seed {seed}: {snapshot:?}");
    assert_eq!(snapshot.rows as usize, rows_in, "seed {seed}");
    let ended = snapshot.replies + snapshot.throttled + snapshot.faults.values().sum::<u64>();
    assert_eq!(snapshot.requests, ended, "seed {seed}: {snapshot:?}");
    // One batch waits before the window, and one has just left it.
    let max_held = max_held.load(Ordering::Relaxed);
    assert!(max_held <= max_rows, "seed {seed}: {max_held} rows held");
}

fn settings() -> EnrichSettings {
    EnrichSettings {
        numbers: NumberSettings { international: true, ..NumberSettings::default() },
        product: Product::RealTime,
        prefix: "hlr_".into(),
        order: Order::Input,
        window: Window { rows: 200, ..Window::default() },
        only: Only::All,
        tariff: Arc::default(),
        cost_column: false,
    }
}

/// Every row has its number and its status, in the order of the input.
fn check_cells(seed: u64, batches: &[Vec<Msisdn>], out: &[RecordBatch]) {
    let cells = |name: &str| -> Vec<String> {
        let columns = out.iter().map(|batch| batch.column_by_name(name).unwrap().as_string::<i32>().clone());
        columns
            .flat_map(|column| {
                column.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect::<Vec<_>>()
            })
            .collect()
    };
    let statuses = cells("hlr_status");
    for (row, (msisdn, digits)) in batches.iter().flatten().zip(cells("hlr_msisdn")).enumerate() {
        let refused = msisdn.get() % 7 == 0;
        assert_eq!(
            digits,
            if refused { String::new() } else { msisdn.get().to_string() },
            "seed {seed}, row {row}"
        );
        let truth = if refused { "invalid" } else { truth(seed, *msisdn).status(Product::RealTime).text() };
        assert_eq!(statuses[row], truth, "seed {seed}, row {row}");
    }
}

#[test]
fn under_all_conditions_every_row_comes_out_with_its_answer_and_the_window_holds() {
    if let Ok(seed) = std::env::var("HLR_SEED") {
        return check_rows(seed.parse().unwrap());
    }
    let seeds = std::env::var("HLR_SEEDS").map_or(1_000, |seeds| seeds.parse().unwrap());
    (0..seeds).for_each(check_rows);
}
