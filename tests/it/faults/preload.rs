//! Builds the library that makes system calls fail, and runs the binary with it.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

const SOURCE: &str = include_str!("preload.c");

/// The library, built once. `None` where there is no C compiler, which the test says.
fn library() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<(TempDir, std::path::PathBuf)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (source, library) = (folder.path().join("preload.c"), folder.path().join("preload.so"));
        std::fs::write(&source, SOURCE).unwrap();
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
        compile.status().is_ok_and(|status| status.success()).then_some((folder, library))
    });
    if built.is_none() {
        eprintln!("NOT SHOWN: there is no C compiler");
    }
    built.as_ref().map(|(_, library)| library.as_path())
}

/// The command with these faults; `None` where they cannot be had.
pub fn with_faults(mut command: Command, faults: &[(&str, &str)]) -> Option<Command> {
    command.env("LD_PRELOAD", library()?).envs(faults.iter().copied());
    Some(command)
}
