//! The assertions of the fuzz targets, checked with their corpus: without a fuzzer, on every
//! machine.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

#[path = "../../fuzz/invariants/dialect.rs"]
mod dialect;
#[path = "../../fuzz/invariants/csv.rs"]
mod list_on_disk;
#[path = "../../fuzz/invariants/msisdn.rs"]
mod msisdn;
#[path = "../../fuzz/invariants/ndjson.rs"]
mod ndjson;
#[path = "../../fuzz/invariants/wire.rs"]
mod wire;
#[path = "../../fuzz/invariants/workbook.rs"]
mod workbook;

/// Panics when the bytes break an invariant.
type Invariant = fn(&[u8]);

/// Each target, and what must be true of any bytes.
const TARGETS: [(&str, Invariant); 6] = [
    ("csv", list_on_disk::hold),
    ("dialect", dialect::hold),
    ("msisdn", msisdn::hold),
    ("ndjson", ndjson::hold),
    ("wire", wire::hold),
    ("workbook", workbook::hold),
];

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn holds_for_its_corpus(target: &str) {
    let (_, hold) = TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    let corpus = files(&format!("corpus/{target}"));
    assert!(corpus.len() >= 5, "the corpus of {target} has {} files", corpus.len());
    let broken: Vec<_> = corpus
        .into_iter()
        .filter(|file| {
            let content = fs::read(file).unwrap();
            catch_unwind(|| hold(&content)).is_err()
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_cell_is_a_number_or_is_refused() {
    holds_for_its_corpus("msisdn");
}

#[test]
fn a_body_is_an_answer_or_is_refused() {
    holds_for_its_corpus("wire");
}

#[test]
fn a_file_is_a_list_or_is_refused() {
    holds_for_its_corpus("csv");
}

#[test]
fn lines_are_rows_or_the_file_is_refused() {
    holds_for_its_corpus("ndjson");
}

#[test]
fn a_workbook_is_a_table_of_text_or_is_refused() {
    holds_for_its_corpus("workbook");
}

#[test]
fn a_list_in_any_dialect_keeps_its_numbers() {
    holds_for_its_corpus("dialect");
}

/// A short run of what the fuzzer does for hours, from a fixed seed.
#[test]
fn random_names_in_any_dialect_keep_their_numbers() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..300 {
        let content: Vec<u8> = (0..random.usize(3..300)).map(|_| random.u8(..)).collect();
        dialect::hold(&content);
    }
}

#[test]
fn every_target_is_here() {
    let targets = files("fuzz_targets");
    let names: Vec<_> = targets.iter().map(|file| file.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, TARGETS.map(|(name, _)| name));
}
