//! Lists as other programs write them, with the right outcome for each: `tests/data/cases/cases.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::harness::Job;

const OUTPUT: &str = "out.csv";
/// What stands under the output's name before the run.
const OLD_OUTPUT: &str = "the output of the night before\n";

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// A list, and what becomes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    input: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    exit: i32,
    /// What an error says.
    #[serde(default)]
    says: Vec<String>,
    /// The number of each row; `*` for any.
    numbers: Option<Vec<String>>,
    /// The reason of each row; `*` for any.
    reasons: Option<Vec<String>>,
    /// The cells of the list's own columns.
    #[serde(default)]
    cells: BTreeMap<String, Vec<String>>,
}

/// A column of the output.
fn column(output: &Path, name: &str) -> Result<Vec<String>, String> {
    let mut reader = csv::Reader::from_path(output).map_err(|error| error.to_string())?;
    let headers = reader.headers().unwrap().clone();
    let place = headers.iter().position(|header| header == name);
    let place = place.ok_or_else(|| format!("there is no column {name}, but {headers:?}"))?;
    Ok(reader.records().map(|row| row.unwrap()[place].to_owned()).collect())
}

fn compare(output: &Path, name: &str, expected: &[String]) -> Result<(), String> {
    let found = column(output, name)?;
    let is_same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| expected == "*" || found == expected);
    if is_same { Ok(()) } else { Err(format!("{name} is\n  {found:?} and not\n  {expected:?}")) }
}

fn run(case: &Case, input: &Path) -> Result<(), String> {
    let job = Job::new().list(OUTPUT, OLD_OUTPUT);
    let output = job.path(OUTPUT);
    let mut arguments = vec!["enrich".to_owned(), input.display().to_string()];
    arguments.extend(case.args.iter().cloned());
    let fixed = "-o out.csv --endpoint simulator --no-ledger --seed 7 --progress none --force";
    arguments.extend(fixed.split(' ').map(str::to_owned));
    let done = job.hlr(arguments.iter().map(String::as_str).collect::<Vec<_>>());
    if done.output.status.code() != Some(case.exit) {
        return Err(format!("exit {:?} and not {}\n{}", done.output.status.code(), case.exit, done.stderr()));
    }
    if case.exit == 2 {
        let is_untouched = fs::read_to_string(&output).unwrap() == OLD_OUTPUT;
        let stderr = done.stderr();
        assert!(!case.says.is_empty() && case.numbers.is_none(), "{}: what does the error say?", case.input);
        if let Some(text) = case.says.iter().find(|text| !stderr.contains(text.as_str())) {
            return Err(format!("{text:?} is not in\n{stderr}"));
        }
        let advises = stderr.contains("help: ");
        return match (is_untouched, advises) {
            (true, true) => Ok(()),
            (false, _) => Err("the old output was replaced".into()),
            (_, false) => Err(format!("nothing says what to do\n{}", done.stderr())),
        };
    }
    for (name, expected) in [("hlr_msisdn", &case.numbers), ("hlr_reason", &case.reasons)] {
        expected.as_ref().map_or(Ok(()), |expected| compare(&output, name, expected))?;
    }
    case.cells.iter().try_for_each(|(name, expected)| compare(&output, name, expected))
}

#[test]
fn every_case_has_its_outcome() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let cases: Cases = toml::from_str(&fs::read_to_string(folder.join("cases.toml")).unwrap()).unwrap();
    assert!(cases.case.len() >= 25, "{} cases", cases.case.len());
    let failures: Vec<String> = cases
        .case
        .iter()
        .filter_map(|case| {
            run(case, &folder.join(&case.input))
                .err()
                .map(|fault| format!("{} {:?}: {fault}", case.input, case.args))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.case.len(), failures.join("\n"));
}
