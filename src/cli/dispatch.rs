//! The entry point: parses the arguments and calls the command.

use std::ffi::OsString;

use clap::Parser;

use super::args::{Arguments, Command};
use super::exit::Exit;
use super::signals::on_runtime;
use super::{check, completions, job, ledger, log, lookup, man_pages, simulate};

/// Runs the command line of this process.
pub fn run() -> Exit {
    let argv: Vec<OsString> = std::env::args_os().collect();
    let command = match Arguments::try_parse_from(&argv) {
        Ok(arguments) => arguments.command,
        Err(error) => return print_usage(&error),
    };
    log::start(command.log_format());
    match command {
        Command::Enrich(enrich) => on_runtime(|stop| job::enrich(enrich, &argv, stop)),
        Command::Run(run) => on_runtime(|stop| job::run(run, &argv, stop)),
        Command::Check(check) => check::check(&check.pipelines),
        Command::Lookup(lookup) => on_runtime(|stop| lookup::look_up(lookup, &argv, stop)),
        Command::Ledger(arguments) => on_runtime(|stop| ledger::ledger(arguments, stop)),
        Command::Completions(completions) => completions::print_completions(completions.shell),
        Command::Man(man) => man_pages::write_man_pages(&man.folder),
        Command::Simulate(simulate) => on_runtime(|stop| simulate::simulate(*simulate, stop)),
    }
}

/// Prints what clap says: help that was asked for, or what is wrong with the arguments.
fn print_usage(error: &clap::Error) -> Exit {
    // If the output is closed, nobody reads this.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Complete }
}
