//! `hlr man`: man pages, from the definitions of the arguments.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};

use super::args::Arguments;
use super::exit::Exit;
use super::terminal::{say, say_problem};
use crate::humanize::counted;

/// Writes a page for each command.
pub(super) fn write_man_pages(folder: &Path) -> Exit {
    let mut commands = Arguments::command();
    commands.build();
    match write_pages(&commands, folder) {
        Ok(pages) => {
            say(format_args!("{}: {}", folder.display(), counted(pages, "man page")));
            Exit::Complete
        }
        Err(fault) => {
            say_problem(format_args!("cannot write man pages to {}: {fault}", folder.display()));
            Exit::Usage
        }
    }
}

fn write_pages(command: &Command, folder: &Path) -> io::Result<u64> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).replace(' ', "-");
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(name.clone())).render(&mut page)?;
    std::fs::write(folder.join(format!("{name}.1")), page)?;
    let mut pages = 1;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        pages += write_pages(subcommand, folder)?;
    }
    Ok(pages)
}
