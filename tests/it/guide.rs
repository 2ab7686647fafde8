//! The guide in `docs/`, checked against the program: its examples run, its tables are complete.
//!
//! In a page, a comment before a fenced block says what the block is:
//!
//! ```text
//! <!-- run -->                        a shell script that ends with 0
//! <!-- run exit=3 -->                 … with 3
//! <!-- run needs=--where,{date} -->   … that runs only if the program's help has these words
//! <!-- file: nightly.toml -->         a file that the following blocks of the page use
//! ```
//!
//! The blocks of a page run in order, in one folder with the sample data, without credentials, and
//! use no endpoint but the simulator.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use hlr_enrich::internals::cli::Exit;
use hlr_enrich::internals::model::{LookupResult, Status};
use hlr_enrich::internals::numbering::Refusal;

use crate::harness::Job;

/// What the comment before a block says about it.
#[derive(Debug, PartialEq, Eq)]
enum Purpose {
    Run { exit: i32, needs: Vec<String> },
    File(String),
}

/// A fenced block with a purpose.
#[derive(Debug)]
struct Block {
    purpose: Purpose,
    text: String,
    /// The line of its comment, counted from 1.
    line: usize,
}

#[test]
fn the_examples_of_the_guide_run() {
    let help = help();
    let mut count = 0;
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap().to_owned();
        let job = job_with_samples();
        for Block { purpose, text, line } in blocks(&page) {
            names_no_endpoint_but_the_simulator(&text, &format!("{name}:{line}"));
            match purpose {
                Purpose::File(file) => fs::write(job.path(&file), text).unwrap(),
                Purpose::Run { exit, needs } if needs.iter().all(|word| help.contains(word)) => {
                    let output = job
                        .command_of("sh")
                        .args(["-eu", "-c", &text])
                        .env("PATH", path_with_the_binary())
                        .output()
                        .unwrap();
                    let said = String::from_utf8_lossy(&output.stderr);
                    assert_eq!(output.status.code(), Some(exit), "{name}:{line}\n{text}\n{said}");
                    count += 1;
                }
                Purpose::Run { .. } => {}
            }
        }
    }
    assert!(count >= 10, "{count} examples are few: is the comment before them still understood?");
}

#[test]
fn every_exit_code_is_explained() {
    let page = document("docs/nightly-runs.md");
    for exit in Exit::ALL {
        assert!(page.contains(&format!("| {} |", exit.code())), "exit code {}", exit.code());
    }
}

#[test]
fn every_status_result_and_refusal_is_explained() {
    let page = document("docs/statuses.md");
    let statuses = Status::ALL.map(Status::text);
    let results = LookupResult::DOCUMENTED;
    let refusals = Refusal::ALL.map(Refusal::text);
    for word in statuses.into_iter().chain(results.iter().map(LookupResult::text)).chain(refusals) {
        assert!(page.contains(&format!("| `{word}` |")), "{word}");
    }
}

#[test]
fn the_index_names_every_page() {
    let index = document("docs/README.md");
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || index.contains(&format!("({name})")), "{name}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in links(&text) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(file.exists(), "{}: {target}", page.display());
            if !heading.is_empty() {
                let headings = headings(&fs::read_to_string(&file).unwrap());
                assert!(headings.contains(heading), "{}: {target} in {headings:?}", page.display());
            }
        }
    }
}

#[test]
fn a_comment_says_what_a_block_is() {
    let run = |exit, needs: &[&str]| {
        let needs = needs.iter().map(|word| (*word).to_owned()).collect();
        Some(Purpose::Run { exit, needs })
    };
    for (comment, expected) in [
        ("<!-- run -->", run(0, &[])),
        ("<!-- run exit=3 -->", run(3, &[])),
        ("<!-- run exit=4 needs=--where,{date} -->", run(4, &["--where", "{date}"])),
        ("<!-- file: a.toml -->", Some(Purpose::File("a.toml".into()))),
        ("<!-- a remark -->", None),
        ("run", None),
    ] {
        assert_eq!(purpose_of(comment), expected, "{comment}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The pages of the guide, by name.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.sort();
    assert!(!pages.is_empty());
    pages
}

/// The blocks of a page that have a purpose, in order.
fn blocks(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap();
    let mut lines = text.lines().enumerate();
    let mut blocks = Vec::new();
    let mut before = "";
    while let Some((place, line)) = lines.next() {
        if line.starts_with("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| !line.starts_with("```"));
            let text = inside.map(|line| format!("{line}\n")).collect();
            if let Some(purpose) = purpose_of(before) {
                blocks.push(Block { purpose, text, line: place });
            }
        }
        before = line;
    }
    blocks
}

fn purpose_of(comment: &str) -> Option<Purpose> {
    let words = comment.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    if let Some(file) = words.strip_prefix("file: ") {
        return Some(Purpose::File(file.to_owned()));
    }
    let mut words = words.split(' ');
    if words.next() != Some("run") {
        return None;
    }
    let (mut exit, mut needs) = (0, Vec::new());
    for word in words {
        match word.split_once('=') {
            Some(("exit", code)) => exit = code.parse().unwrap(),
            Some(("needs", list)) => needs.extend(list.split(',').map(str::to_owned)),
            _ => panic!("{comment}: {word}"),
        }
    }
    Some(Purpose::Run { exit, needs })
}

/// Any other endpoint would send billed requests.
fn names_no_endpoint_but_the_simulator(text: &str, place: &str) {
    for line in text.lines().filter(|line| !line.contains("--dry-run")) {
        let words: Vec<_> = line.split(|char: char| char.is_whitespace() || "='\"".contains(char)).collect();
        let mut words = words.into_iter().filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            if word.trim_start_matches('-') == "endpoint" {
                let named = words.next().unwrap_or_default();
                let is_ours = named == "simulator" || named.starts_with("http://127.0.0.1:");
                assert!(is_ours, "{place}: {line}");
            }
        }
    }
}

fn job_with_samples() -> Job {
    let job = Job::new().with_credentials(None);
    for folder in ["sample-data", "pipelines"] {
        fs::create_dir(job.path(folder)).unwrap();
        for entry in fs::read_dir(root().join(folder)).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), job.path(folder).join(entry.file_name())).unwrap();
        }
    }
    job
}

fn path_with_the_binary() -> OsString {
    let binary = Path::new(env!("CARGO_BIN_EXE_hlr"));
    let others = env::var_os("PATH").unwrap_or_default();
    let folders = [binary.parent().unwrap().to_owned()].into_iter().chain(env::split_paths(&others));
    env::join_paths(folders).unwrap()
}

/// The help of the program and of `hlr run`.
fn help() -> String {
    let job = Job::new();
    [&["--help"][..], &["run", "--help"]].map(|words| job.hlr(words.iter().copied()).stdout()).concat()
}

/// The targets of a page's links, without those to other sites.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://")).collect()
}

/// The anchors of a page's headings.
fn headings(text: &str) -> BTreeSet<String> {
    let titles =
        text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let name = |title: &str| -> String {
        let kept = title.chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    titles.map(name).collect()
}
