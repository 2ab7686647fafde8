//! `hlr check`: validates pipeline files like `hlr run`, without running them.

use std::path::PathBuf;

use super::exit::Exit;
use super::terminal::{print_wrapped, say};
use crate::config::{Diagnostics, Environment, RawConfig};
use crate::humanize::counted;
use crate::job::Loaded;

pub(super) fn check(files: &[PathBuf]) -> Exit {
    let environment = Environment::of_this_process();
    let mut exit = Exit::Complete;
    for file in files {
        let name = file.display();
        match Loaded::load(Some(file), RawConfig::default(), &environment) {
            Ok(pipeline) => {
                let _ = print_wrapped(format_args!("{name}: ok"));
                for warning in pipeline.warnings() {
                    say(format_args!("  warning: {warning}"));
                }
            }
            Err(Diagnostics(problems)) => {
                exit = Exit::Usage;
                let count = counted(problems.len() as u64, "problem");
                let _ = print_wrapped(format_args!("{name}: {count}"));
                for problem in problems {
                    let _ = print_wrapped(format_args!("  {problem}"));
                    if let Some(help) = &problem.help {
                        let _ = print_wrapped(format_args!("    help: {help}"));
                    }
                }
            }
        }
    }
    exit
}
