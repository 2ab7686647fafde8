//! `hlr lookup`: a few numbers, as a table or as JSON.

use std::ffi::OsString;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimestampMillisecondType, UInt16Type};
use arrow::util::display::array_value_to_string;
use jiff::Timestamp;
use miette::Report;
use serde_json::{Map, Value};

use super::args::{LookupArgs, Verbosity};
use super::event_messages::{stop_help, stop_message};
use super::exit::Exit;
use super::job::{SIMULATED, fail, refuse};
use super::resume_command;
use super::resume_command::Obstacle;
use super::terminal::{print, say, say_command, say_loudly, say_outcome, say_warning};
use crate::config::{DurationValue, Environment, Settings};
use crate::job::{JobOutcome, LookupError, NumberLookup};
use crate::lookup::StopSignal;
use crate::telemetry::{Counters, NoReporter};

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
    let mut flags = arguments.written();
    flags.give_up_after.get_or_insert(PATIENCE);
    let enquiry = match Settings::load(flags, &Environment::of_this_process()) {
        Ok(enquiry) => enquiry,
        Err(problems) => return refuse(&problems),
    };
    enquiry.warnings().iter().for_each(say_warning);
    if verbosity == Verbosity::Verbose {
        say(enquiry.choices());
    }
    let simulated = enquiry.provider().is_simulated();
    let numbers = match read_numbers(written_numbers) {
        Ok(numbers) => numbers,
        Err(fault) => return fail(&Report::from_err(fault)),
    };
    let counters = Arc::new(Counters::default());
    let looked_up = enquiry.look_up(numbers, stop, Arc::new(NoReporter), counters).await;
    let NumberLookup { answers, ending, warnings } = match looked_up {
        Ok(looked_up) => looked_up,
        Err(LookupError::Start(error)) => return fail(&error.into()),
        Err(LookupError::Ledger(error)) => return fail(&error.into()),
        Err(error) => return fail(&error.into()),
    };
    warnings.iter().for_each(say_warning);
    if let Some(answers) = answers {
        let printed = if json { print_json(&answers) } else { print_table(&answers) };
        // A closed pipe is not an error: the reader has enough. A full disk is one.
        if let Err(fault) = printed
            && fault.kind() != io::ErrorKind::BrokenPipe
        {
            return fail(&Report::from_err(fault));
        }
    }
    if simulated {
        say_loudly(SIMULATED);
    }
    say_ending(&ending, words);
    Exit::from(&ending)
}

fn say_ending(ending: &JobOutcome, words: &[OsString]) {
    match ending {
        JobOutcome::Complete => return,
        JobOutcome::Gaps { unanswered } => {
            say(format_args!("numbers without an answer: {unanswered}; to retry:"));
        }
        JobOutcome::Stopped(reason) => {
            say_outcome("stopped", &stop_message(reason), stop_help(reason).as_deref());
            say("to retry:");
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
            let cells = (0..answers.num_rows()).map(|row| cell_text(cells, row));
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
