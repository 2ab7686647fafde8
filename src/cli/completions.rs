//! `hlr completions`: shell completions, from the definitions of the arguments.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Arguments;
use super::exit::Exit;
use super::terminal::print_raw;

pub(super) fn print_completions(shell: Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "hlr", &mut text);
    // A closed pipe is not an error: the reader has enough.
    let _ = print_raw(&text);
    Exit::Complete
}
