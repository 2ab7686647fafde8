//! `hlr man`: man pages, from the definitions of the arguments.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use miette::Diagnostic;
use thiserror::Error;

use super::args::Arguments;
use super::exit::Exit;
use super::terminal::{say, say_error};
use crate::humanize::counted;

#[derive(Debug, Error, Diagnostic)]
#[error("cannot write man pages to {}", folder.display())]
#[diagnostic(help("name an existing folder that you can write to"))]
struct ManPagesError {
    folder: PathBuf,
    source: io::Error,
}

/// Writes a page for each command.
pub(super) fn write_man_pages(folder: &Path) -> Exit {
    let mut commands = Arguments::command();
    commands.build();
    match write_pages(&commands, folder) {
        Ok(pages) => {
            say(format_args!("{} written to {}", counted(pages, "man page"), folder.display()));
            Exit::Complete
        }
        Err(source) => {
            say_error(&ManPagesError { folder: folder.to_owned(), source });
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
