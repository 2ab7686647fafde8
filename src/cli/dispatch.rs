//! The entry point: parses the arguments and calls the command.

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use super::args::{Arguments, Command};
use super::exit::Exit;
use super::log::LogFormat;
use super::signals::{Hangup, on_runtime};
use super::terminal::{everything_is_printed, print_raw, say_raw, stdout_has_colours};
use super::{check, completions, job, ledger, log, lookup, man_pages, simulate, stderr};

/// Runs the command line of this process.
pub fn run() -> Exit {
    let exit = run_command();
    match everything_is_printed() {
        false if exit == Exit::Complete => Exit::Unexpected,
        _ => exit,
    }
}

fn run_command() -> Exit {
    let argv: Vec<OsString> = std::env::args_os().collect();
    let command = match Arguments::try_parse_from(&argv) {
        Ok(arguments) => arguments.command,
        Err(error) => return print_usage(&error),
    };
    log::start(command.log_format());
    match command {
        Command::Enrich(enrich) => on_runtime(Hangup::Stops, |stop| job::enrich(enrich, &argv, stop)),
        Command::Run(run) => on_runtime(Hangup::IsLeft, |stop| job::run(run, &argv, stop)),
        Command::Check(check) => check::check(&check.pipelines),
        Command::Lookup(lookup) => on_runtime(Hangup::Stops, |stop| lookup::look_up(lookup, &argv, stop)),
        Command::Ledger(arguments) => on_runtime(Hangup::IsLeft, |stop| ledger::ledger(arguments, stop)),
        Command::Completions(completions) => completions::print_completions(completions.shell),
        Command::Man(man) => man_pages::write_man_pages(&man.folder),
        Command::Simulate(simulate) => on_runtime(Hangup::IsLeft, |stop| simulate::simulate(*simulate, stop)),
    }
}

/// Prints what clap says: the help, which clap wraps itself, or what is wrong with the arguments.
fn print_usage(error: &clap::Error) -> Exit {
    log::start(LogFormat::Human);
    let is_help = !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() {
        let text = error.render();
        let text = if stdout_has_colours() { text.ansi().to_string() } else { text.to_string() };
        // If the output is closed, nobody reads this.
        let _ = print_raw(text.as_bytes());
    } else if is_help || stderr::width().is_none() {
        let _ = error.print();
    } else {
        let text = error.render();
        let text = if stderr::has_colours() { text.ansi().to_string() } else { text.to_string() };
        say_raw(stderr::fit(text.trim_end()));
    }
    if error.use_stderr() { Exit::Usage } else { Exit::Complete }
}
