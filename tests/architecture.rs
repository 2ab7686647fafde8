//! Who may import whom, as ARCHITECTURE.md draws it, held against every source file.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What every module may speak of: the words of the field, and the shapes that stages share.
const VOCABULARY: [&str; 4] = ["humanize", "model", "staging", "task"];

/// Each module, and the other modules that it may import.
const MAY_IMPORT: [(&str, &[&str]); 16] = [
    ("humanize", &[]),
    ("model", &[]),
    ("staging", &[]),
    ("task", &[]),
    ("numbering", &[]),
    ("input", &[]),
    ("output", &[]),
    // Prices go by the country of a number.
    ("pricing", &["numbering"]),
    // Events name the country of a range.
    ("report", &["pricing", "numbering"]),
    ("service", &[]),
    ("ledger", &[]),
    // The trait of the service and nothing behind it.
    ("lookup", &["service", "ledger", "report", "pricing"]),
    ("enrich", &["numbering", "lookup", "report", "service", "pricing"]),
    // The judge shares the vocabulary with the client, and none of its code.
    ("simulator", &[]),
    (
        "pipeline",
        &[
            "input",
            "output",
            "enrich",
            "numbering",
            "lookup",
            "ledger",
            "report",
            "service",
            "simulator",
            "pricing",
        ],
    ),
    (
        "cli",
        &["pipeline", "report", "input", "output", "enrich", "ledger", "lookup", "numbering", "simulator"],
    ),
];

/// A text that may stand only in some modules, and why.
const ONLY_IN: [(&str, &[&str], &str); 12] = [
    ("println!", &["cli"], "only the command line prints"),
    ("process::exit", &["main"], "only main ends the process"),
    ("ExitCode", &["main", "cli"], "only the command line knows exit codes"),
    ("std::env", &["main", "pipeline", "cli"], "main hands the environment in"),
    ("toml::", &["pipeline", "cli"], "pipeline files are read in one place"),
    ("clap::", &["cli"], "arguments are read in one place"),
    ("indicatif::", &["cli"], "progress is shown in one place"),
    ("tracing::", &["cli"], "only the command line says anything"),
    ("prometheus::", &["report"], "one module knows how counts are exposed"),
    ("redb::", &["ledger"], "one module knows which database it is"),
    ("reqwest::", &["service"], "only the service speaks HTTP"),
    ("arrow::", &["model", "enrich", "input", "output", "pipeline", "cli"], "the lookup knows no Arrow"),
];

struct SourceFile {
    path: PathBuf,
    module: String,
    /// Without comments and without unit tests.
    code: String,
}

fn source_files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
                let inside = path.strip_prefix(&root).unwrap().with_extension("");
                let module = inside.iter().next().unwrap().to_str().unwrap().to_owned();
                files.push(SourceFile { code: code_of(&path), path, module });
            }
        }
    }
    assert!(files.len() > 50, "only {} source files were found", files.len());
    files
}

fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let without_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = without_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

/// The modules of this crate that a file names, as `crate::module` or in `use crate::{a, b}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut imports = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let names: Vec<&str> = match after.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap().split(',').collect(),
            None => vec![after],
        };
        for name in names {
            let name = name.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            if MAY_IMPORT.iter().any(|(module, _)| *module == name) {
                imports.insert(name.to_owned());
            }
        }
    }
    imports
}

#[test]
fn every_import_is_allowed() {
    let mut surprises = Vec::new();
    for SourceFile { path, module, code } in source_files() {
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("module {module} is not in the table"));
        for import in imports(&code) {
            let own = import == module
                || VOCABULARY.contains(&import.as_str()) && !VOCABULARY.contains(&module.as_str());
            if !own && !allowed.contains(&import.as_str()) {
                surprises.push(format!("{} imports {import}", path.display()));
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[test]
fn what_belongs_in_one_place_stays_there() {
    let mut surprises = Vec::new();
    for SourceFile { path, module, code } in source_files() {
        for (text, places, why) in ONLY_IN {
            if code.contains(text) && !places.contains(&module.as_str()) {
                surprises.push(format!("{}: {text} ({why})", path.display()));
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[test]
fn the_reader_of_imports_sees_them() {
    let code = "use crate::{model::Answer, lookup};\nuse crate::ledger::Ledger;\nlet x = crate::service::wire::query;";
    assert_eq!(imports(code), BTreeSet::from(["model", "ledger", "lookup", "service"].map(String::from)));
}

#[test]
fn no_file_holds_more_than_one_concept() {
    let long = |file: &SourceFile| fs::read_to_string(&file.path).unwrap().lines().count() > 600;
    let long: Vec<_> = source_files().into_iter().filter(long).map(|file| file.path).collect();
    assert!(long.is_empty(), "{long:?}");
}
