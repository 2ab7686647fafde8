//! Parse, run, exit with a code.

use std::process::ExitCode;

fn main() -> ExitCode {
    hlr_enrich::cli::run(std::env::args_os()).into()
}
