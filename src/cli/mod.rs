//! The terminal: arguments, progress, messages, signals, exit codes. Nothing of the work itself.
//!
//! Only this module prints. Standard output is for answers; everything said about the work goes to standard
//! error, and neither of them being closed is a reason to fail.

mod args;
mod check;
mod dry_run;
mod event_messages;
mod exit;
mod job;
mod ledger;
mod log;
mod lookup;
mod man_pages;
mod progress;
mod resume_command;
mod signals;
mod simulate;
mod summary;
mod terminal;

use std::ffi::OsString;

use clap::Parser;

pub use self::exit::Exit;

use self::args::{Arguments, Command};
use self::signals::on_runtime;

/// Does what the arguments of this process say.
pub fn run() -> Exit {
    let words: Vec<OsString> = std::env::args_os().collect();
    let command = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments.command,
        Err(message) => {
            // Nobody is there to be told when this cannot be printed.
            let _ = message.print();
            return if message.use_stderr() { Exit::Usage } else { Exit::Complete };
        }
    };
    log::start(command.log_format());
    match command {
        Command::Enrich(enrich) => on_runtime(|stop| job::enrich(enrich, &words, stop)),
        Command::Run(run) => on_runtime(|stop| job::run(run, &words, stop)),
        Command::Check(check) => check::check(&check.pipelines),
        Command::Lookup(lookup) => on_runtime(|stop| lookup::look_up(lookup, &words, stop)),
        Command::Ledger(arguments) => on_runtime(|stop| ledger::ledger(arguments, stop)),
        Command::Completions(completions) => man_pages::completions(completions.shell),
        Command::Man(man) => man_pages::pages(&man.folder),
        Command::Simulate(simulate) => on_runtime(|stop| simulate::simulate(*simulate, stop)),
    }
}
