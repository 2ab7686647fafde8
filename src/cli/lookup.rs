//! `hlr lookup`: a few numbers, as a table or as JSON.

use std::ffi::OsString;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, TimestampMillisecondType, UInt16Type};
use arrow::util::display::array_value_to_string;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::args::{LookupArgs, Verbosity};
use super::event_messages::{stop_help, stop_message};
use super::exit::Exit;
use super::job::{SIMULATED, exit_of, refuse};
use super::resume_command;
use super::resume_command::Obstacle;
use super::terminal::{
    print, say, say_command, say_error, say_loudly, say_outcome, say_system_error, say_warning,
};
use crate::config::{DurationValue, Environment, ResolvedSettings};
use crate::enrich::NumberSettings;
use crate::enricher::{EnrichError, Enricher, OpenError, RowSettings, Settings};
use crate::job::{JobOutcome, StartError};
use crate::lookup::StopSignal;
use crate::model::{ForeignText, RecordStream};

/// The column of the numbers as they were given.
const NUMBER: &str = "number";
/// The columns of the table; JSON has all of them.
const SHOWN: [&str; 11] = [
    "number",
    "status",
    "result",
    "mcc",
    "mnc",
    "network",
    "country",
    "location_country",
    "source",
    "checked_at",
    "reason",
];

/// Default of `--give-up-after`: shorter than for a job, because a person is waiting.
const PATIENCE: DurationValue = DurationValue(Duration::from_secs(15));

pub(super) async fn look_up(arguments: LookupArgs, words: &[OsString], stop: StopSignal) -> Exit {
    let (json, verbosity) = (arguments.json, arguments.display.verbosity());
    let written_numbers = arguments.numbers.clone();
    let from_stdin = written_numbers.iter().any(|number| number == "-");
    let mut flags = arguments.raw_config();
    flags.give_up_after.get_or_insert(PATIENCE);
    let resolved = match ResolvedSettings::load(flags, &Environment::of_this_process()) {
        Ok(resolved) => resolved,
        Err(problems) => return refuse(&problems),
    };
    resolved.warnings.iter().for_each(say_warning);
    if verbosity == Verbosity::Verbose {
        say(&resolved.effective);
    }
    let simulated = resolved.settings.is_simulated();
    let numbers = match read_numbers(written_numbers) {
        Ok(numbers) => numbers,
        Err(fault) => {
            say_system_error(&fault);
            return Exit::Unexpected;
        }
    };
    let looked_up = match ask(resolved.settings, numbers, stop).await {
        Ok(looked_up) => looked_up,
        Err(exit) => return exit,
    };
    if let Some(answers) = &looked_up.answers {
        let printed = if json { print_json(answers) } else { print_table(answers) };
        // A closed pipe is not an error: the reader has enough. A full disk is one.
        if let Err(fault) = printed
            && fault.kind() != io::ErrorKind::BrokenPipe
        {
            return Exit::Unexpected;
        }
    }
    if simulated {
        say_loudly(SIMULATED);
    }
    say_ending(&looked_up.outcome, words, from_stdin);
    Exit::from(&looked_up.outcome)
}

/// What became of a few numbers.
struct LookedUp {
    /// A row for each number: the column `number`, and the columns that every enriched file has,
    /// without a prefix. `None` when the run was stopped before.
    answers: Option<RecordBatch>,
    outcome: JobOutcome,
}

/// Asks about numbers as they were written, through the same door as a list.
async fn ask(settings: Settings, numbers: Vec<String>, stop: StopSignal) -> Result<LookedUp, Exit> {
    let read_as = NumberSettings {
        columns: vec![NUMBER.into()],
        // Who types digits alone means a whole number, if no region is named.
        international: settings.rows.numbers.region.is_none(),
        ..settings.rows.numbers.clone()
    };
    let rows = RowSettings { numbers: read_as, prefix: String::new(), ..settings.rows.clone() };
    let opened = Enricher::builder().settings(settings).stop_signal(stop).open().await;
    let enricher = opened.map_err(|error| not_started(&error.into()))?;
    enricher.warnings().iter().for_each(say_warning);
    let table = RecordBatch::try_from_iter([(NUMBER, Arc::new(StringArray::from(numbers)) as ArrayRef)]);
    let table = table.expect("one column makes a table");
    let list = RecordStream::new(table.schema(), stream::iter([Ok(table)]));
    let mut enriched = enricher.enrich_with(list, rows).map_err(|error| not_started(&error.into()))?;
    let (mut answers, mut stopped) = (None, None);
    while let Some(batch) = enriched.next().await {
        match batch {
            Ok(batch) => answers = Some(batch),
            Err(EnrichError::Stopped(stop)) => stopped = Some(stop.reason),
            Err(error) => {
                say_error(&error);
                return Err(Exit::Unexpected);
            }
        }
    }
    let totals = enricher.close().await.map_err(|error| not_started(&OpenError::from(error).into()))?;
    let not_kept = totals.counts.not_kept;
    if not_kept > 0 {
        say_warning(format_args!("{not_kept} answers that were paid for are not in the ledger"));
    }
    Ok(LookedUp { answers, outcome: JobOutcome::of(stopped, totals.counts.unanswered) })
}

/// Nobody was asked.
fn not_started(error: &StartError) -> Exit {
    say_error(error);
    exit_of(error)
}

fn say_ending(ending: &JobOutcome, words: &[OsString], from_stdin: bool) {
    let retry = if from_stdin { "to retry (with the same numbers on standard input):" } else { "to retry:" };
    match ending {
        JobOutcome::Complete => return,
        JobOutcome::Gaps { unanswered } => {
            say(format_args!("numbers without an answer: {unanswered}; {retry}"));
        }
        JobOutcome::Stopped(reason) => {
            say_outcome("stopped", &stop_message(reason), stop_help(reason).as_deref());
            say(retry);
        }
    }
    say_command(&resume_command::command(words, Obstacle::None));
}

/// The numbers from the arguments; `-` stands for the lines of standard input.
fn read_numbers(arguments: Vec<String>) -> io::Result<Vec<String>> {
    let mut numbers = Vec::with_capacity(arguments.len());
    for argument in arguments {
        if argument == "-" {
            for line in io::stdin().lock().lines() {
                numbers.push(line?);
            }
        } else {
            numbers.push(argument);
        }
    }
    numbers.retain(|number| !number.trim().is_empty());
    Ok(numbers)
}

fn print_table(answers: &RecordBatch) -> io::Result<()> {
    let columns: Vec<Vec<String>> = SHOWN
        .into_iter()
        .filter_map(|name| answers.column_by_name(name).map(|cells| (name, cells)))
        .map(|(name, cells)| {
            let cells = (0..answers.num_rows()).map(|row| match name {
                // The service's own words, for a terminal.
                "result" => ForeignText(&cell_text(cells, row)).to_string(),
                _ => cell_text(cells, row),
            });
            std::iter::once(name.to_owned()).chain(cells).collect::<Vec<_>>()
        })
        // Columns without any value are left out.
        .filter(|cells| cells[1..].iter().any(|cell| !cell.is_empty()))
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .map(|cells| cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for row in 0..=answers.num_rows() {
        let cells = columns.iter().zip(&widths).map(|(cells, &width)| format!("{:<width$}", cells[row]));
        print(format_args!("{}", cells.collect::<Vec<_>>().join("  ").trim_end()))?;
    }
    Ok(())
}

fn cell_text(cells: &dyn Array, row: usize) -> String {
    if cells.is_null(row) {
        return String::new();
    }
    match cells.as_primitive_opt::<TimestampMillisecondType>() {
        Some(moments) => Timestamp::from_millisecond(moments.value(row))
            .map(|moment| moment.to_string())
            .unwrap_or_default(),
        None => array_value_to_string(cells, row).unwrap_or_default(),
    }
}

fn print_json(answers: &RecordBatch) -> io::Result<()> {
    for row in 0..answers.num_rows() {
        let schema = answers.schema();
        let fields = schema.fields().iter().zip(answers.columns());
        let object: Map<String, Value> =
            fields.map(|(field, cells)| (field.name().clone(), cell_value(cells, row))).collect();
        print(format_args!("{}", Value::Object(object)))?;
    }
    Ok(())
}

fn cell_value(cells: &dyn Array, row: usize) -> Value {
    if cells.is_null(row) {
        return Value::Null;
    }
    match cells.data_type() {
        DataType::Boolean => cells.as_boolean().value(row).into(),
        DataType::UInt16 => cells.as_primitive::<UInt16Type>().value(row).into(),
        _ => cell_text(cells, row).into(),
    }
}
