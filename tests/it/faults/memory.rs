//! Lists whose cells, columns or ranges are far larger or more than usual.

use std::fs::File;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::end_of;
use crate::harness::{Done, Job, send_signal};

/// Waits for the end, and returns the most memory that the process had, in MiB.
#[track_caller]
fn peak_of(run: Child) -> (Done, u64) {
    let status = format!("/proc/{}/status", run.id());
    let watch = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(kib) = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
            else {
                break;
            };
            peak = peak.max(kib / 1024);
            std::thread::sleep(Duration::from_millis(2));
        }
        peak
    });
    (end_of(run), watch.join().unwrap())
}

fn enrich(job: &Job, flags: &[&str]) -> Child {
    let mut command = job.command_of(env!("CARGO_BIN_EXE_hlr"));
    command.args(["enrich", "--endpoint", "simulator"]).args(flags);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// In the file the text is stored once; in a batch each row would have a copy of it.
#[test]
fn a_long_text_of_a_dictionary_is_not_copied_for_all_rows_at_once() {
    const MIB: usize = 16;
    const ROWS: u64 = 100;
    let job = Job::new();
    let phones: StringArray = (0..ROWS).map(|n| Some(format!("+{}", 46_700_000_000 + n))).collect();
    let text = "x".repeat(MIB << 20);
    let columns = |rows: usize| -> RecordBatch {
        let notes: StringArray = (0..rows).map(|_| Some(text.as_str())).collect();
        let columns: [(&str, ArrayRef); 2] =
            [("phone", Arc::new(phones.slice(0, rows))), ("note", Arc::new(notes))];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let properties = WriterProperties::builder().set_dictionary_page_size_limit(1 << 30).build();
    let batch = columns(1);
    let file = File::create(job.path("list.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    (0..ROWS).for_each(|_| writer.write(&batch).unwrap());
    writer.close().unwrap();
    let (done, peak) = peak_of(enrich(&job, &["list.parquet", "-o", "out.csv"]));
    done.exits_with(0);
    assert!(peak < 700, "{peak} MiB for {MIB} MiB in {ROWS} rows");
}

fn wide_list(columns: usize, rows: usize) -> String {
    let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let row = |row: usize| {
        let cell = |column: usize| match column == columns / 2 {
            true => format!("+4670{:07}", row * 7 + 1),
            false => format!("v{row}-{column}"),
        };
        (0..columns).map(cell).collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("{}\n{}\n", names.join(","), rows.join("\n"))
}

#[test]
fn thousands_of_columns_without_a_name_of_a_telephone_are_judged_one_by_one() {
    let job = Job::new().list("list.csv", wide_list(3_000, 5));
    let (done, peak) = peak_of(enrich(&job, &["list.csv", "-o", "out.csv"]));
    done.exits_with(2).says(&["no column is named like a telephone number", "perhaps \"c1500\""]);
    assert!(peak < 300, "{peak} MiB");
}

#[test]
fn a_signal_ends_the_judging_of_columns_at_once() {
    let job = Job::new().list("list.csv", wide_list(12_000, 60));
    let started = Instant::now();
    let run = enrich(&job, &["list.csv", "-o", "out.csv"]);
    std::thread::sleep(Duration::from_millis(3_000));
    send_signal("TERM", &run);
    let signalled = Instant::now();
    let done = end_of(run);
    let code = done.output.status.code();
    // A quick machine may have judged all columns by then.
    assert!(code == Some(130) || started.elapsed() < Duration::from_secs(4), "{code:?}\n{}", done.stderr());
    assert!(signalled.elapsed() < Duration::from_secs(3), "{:?}", signalled.elapsed());
}

/// One number in each range, and all numbers of a range together.
#[test]
fn ranges_of_numbers_take_no_memory_for_long() {
    for step in [1_000_000, 100] {
        let rows: String = (0..60_000_u64).map(|n| format!("+{}\n", 46_700_000_000 + n * step)).collect();
        let job = Job::new().list("list.csv", format!("phone\n{rows}"));
        let flags = ["list.csv", "-o", "out.csv", "--international", "--no-ledger", "--max-invalid", "1"];
        let (done, peak) = peak_of(enrich(&job, &flags));
        assert!(matches!(done.output.status.code(), Some(0 | 3)), "{}", done.stderr());
        assert!(peak < 400, "{peak} MiB, {step}");
    }
}
