//! Enriches a stream of record batches with the simulator inside the process.
//!
//! ```sh
//! cargo run --example enrich_stream
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::util::display::array_value_to_string;
use futures::TryStreamExt;
use hlr_enrich::simulator::SimulatorSettings;
use hlr_enrich::{Caps, EnrichError, Enricher, RecordStream};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // Everything that can fail at no cost fails here. For real lookups, replace the simulator with
    // .endpoint("eu")?.credentials(user, password).rate(50.0)?.ledger("answers.redb")
    let enricher = Enricher::builder()
        .simulator(SimulatorSettings::default())
        .caps(Caps { lookups: Some(1_000), cost: None })
        .region("SE")?
        .column("mobile")
        .open()
        .await?;

    let list = contacts()?;
    let mut rows = enricher.enrich(RecordStream::from_batches(list.schema(), [list]))?;
    println!("{} columns in the result", rows.schema().fields().len());
    loop {
        match rows.try_next().await {
            Ok(Some(batch)) => print_some_columns(&batch)?,
            Ok(None) => break,
            // The last item of a stream that stops: a cap, an outage, a refused account. The rows
            // that are done came before it.
            Err(EnrichError::Stopped(stopped)) => {
                println!("stopped: {stopped}");
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }

    // A few numbers need no table.
    let number = hlr_enrich::normalise("+46 70-174 06 05", None)?;
    for reply in enricher.lookup(&[number]).await {
        println!("{number:?}: {:?}", reply.source);
    }

    let totals = enricher.close().await?;
    println!("{} requests for {} rows", totals.counts.requests, totals.counts.rows);
    Ok(())
}

fn contacts() -> Result<RecordBatch, arrow::error::ArrowError> {
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=6));
    let mobile: ArrayRef = Arc::new(StringArray::from(vec![
        Some("+46 70-174 06 05"),
        Some("070-174 06 06"),
        Some("0046701740607"),
        Some("+46701740605"),
        Some("call the office"),
        None,
    ]));
    RecordBatch::try_from_iter([("id", id), ("mobile", mobile)])
}

fn print_some_columns(batch: &RecordBatch) -> Result<(), BoxError> {
    let shown = ["id", "mobile", "hlr_status", "hlr_network", "hlr_source", "hlr_reason"];
    for row in 0..batch.num_rows() {
        for name in shown {
            let column = batch.column_by_name(name).ok_or("every enriched row has these columns")?;
            print!("{:<18}", array_value_to_string(column, row)?);
        }
        println!();
    }
    Ok(())
}
