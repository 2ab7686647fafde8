//! Parse, run, exit with a code.

use std::process::ExitCode;

fn main() -> ExitCode {
    hlr_enrich::internals::cli::run().into()
}
