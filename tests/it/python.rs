//! The Python package, by its own tests. They need an interpreter with the package in it, which
//! `.ci/run` makes; `CONTRIBUTING.md` says how to make one by hand.

use std::env;
use std::process::Command;

/// Runs `pytest` with the interpreter that `HLR_PYTHON` names. Without it, nothing is checked.
#[test]
fn the_python_package_passes_its_tests() {
    let Some(python) = env::var_os("HLR_PYTHON") else { return };
    let root = env!("CARGO_MANIFEST_DIR");
    let done = Command::new(python)
        .args(["-m", "pytest", "-q", "--durations=5", "python/tests"])
        .current_dir(root)
        .env("HLR_PROGRAM", env!("CARGO_BIN_EXE_hlr"))
        .status()
        .expect("the interpreter of HLR_PYTHON can be started");
    assert!(done.success(), "pytest ended with {done}");
}
