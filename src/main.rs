//! Parse, run, exit with a code.

use std::process::ExitCode;

fn main() -> ExitCode {
    hlr_enrich::cli::run().into()
}
