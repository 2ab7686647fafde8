//! `hlr completions` and `hlr man`: what shells and readers need, from the same definitions as the arguments.

use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::args::Arguments;
use super::exit::Exit;
use super::terminal::{say, say_problem};

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "hlr", &mut text);
    // Nobody reads on when this fails.
    let _ = io::stdout().lock().write_all(&text);
    Exit::Complete
}

/// Writes a page for each command.
pub(super) fn pages(folder: &Path) -> Exit {
    let mut commands = Arguments::command();
    commands.build();
    match write_pages(&commands, folder) {
        Ok(pages) => {
            say(format_args!("{pages} pages are in {}", folder.display()));
            Exit::Complete
        }
        Err(fault) => {
            say_problem(format_args!("cannot write the pages to {}: {fault}", folder.display()));
            Exit::Usage
        }
    }
}

fn write_pages(command: &Command, folder: &Path) -> io::Result<usize> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).replace(' ', "-");
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(name.clone())).render(&mut page)?;
    std::fs::write(folder.join(format!("{name}.1")), page)?;
    let mut pages = 1;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        pages += write_pages(inner, folder)?;
    }
    Ok(pages)
}
