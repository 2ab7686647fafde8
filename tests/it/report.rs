//! The page that `--report` writes, compared with the summary of the same run: as text, and in a
//! browser if there is one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hlr_enrich::simulator::{Authentication, Latency, OutageKind, RequestLimits, SimulatorSettings};
use serde_json::Value;

use crate::harness::{Job, Service};

const USERNAME: &str = "very-own-name";
const PASSWORD: &str = "very-secret-word";

/// Prefixes of mobile numbers of some countries, and how many digits follow.
const COUNTRIES: [(&str, usize); 6] =
    [("4670", 7), ("49171", 8), ("3363", 8), ("447700", 6), ("4540", 6), ("35840", 7)];

/// Numbers of several countries, every tenth of them twice, and some invalid cells.
fn list(count: u64) -> (String, Vec<String>) {
    let (mut rows, mut numbers) = (String::from("id,phone\n"), Vec::new());
    for n in 0..count {
        let (prefix, digits) = COUNTRIES[n as usize % COUNTRIES.len()];
        let number = format!("{prefix}{:0digits$}", 123_456 + 17 * n);
        let _ = writeln!(rows, "{n},+{number}");
        if n % 10 == 0 {
            let _ = writeln!(rows, "{n},+{number}");
        }
        if n % 50 == 0 {
            let _ = writeln!(rows, "{n},call the office");
        }
        numbers.push(number);
    }
    (rows, numbers)
}

fn service(settings: SimulatorSettings) -> Service {
    let authentication = Authentication::Basic { username: USERNAME.into(), password: PASSWORD.into() };
    Service::start(SimulatorSettings { authentication, ..settings })
}

#[test]
fn the_page_of_a_run_in_trouble_agrees_with_the_summary() {
    let latency = Latency { median: Duration::from_millis(30), p99: Duration::from_millis(400) };
    let limits = RequestLimits { ongoing: Some(40), ..RequestLimits::default() };
    let mut settings = SimulatorSettings { latency, limits, ..SimulatorSettings::default() };
    settings.transient.share = 0.2;
    let service = service(settings);
    let (list, numbers) = list(3_000);
    let job = Job::new().with_credentials(Some((USERNAME, PASSWORD))).list("list.csv", list);
    let flags = [
        "--rate",
        "900",
        "--concurrency",
        "80",
        "--attempts",
        "2",
        "--price",
        "0.0045",
        "--ledger",
        "ledger.redb",
    ];
    let reports = ["--report", "run.html", "--summary", "run.json"];
    let run = job.start_enrich("list.csv", "out.parquet", &service, &[&flags[..], &reports].concat());
    while service.account_in_short().requests < 600 {
        std::thread::sleep(Duration::from_millis(5));
    }
    service.set_outage(Some(OutageKind::Refuse));
    std::thread::sleep(Duration::from_millis(2_500));
    service.set_outage(None);
    let done = run.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(matches!(done.status.code(), Some(0 | 3)), "{stderr}");
    let page = fs::read_to_string(job.path("run.html")).unwrap();
    let summary = job.json("run.json");
    for text in
        ["outage", "endpoint answers again", "saved by duplicates", "the service throttled", "+447700…"]
    {
        assert!(page.contains(text), "{text} is not on the page");
    }
    no_secret_is_shown(&page, &numbers);
    page_and_summary_agree(&page, &summary);
    a_browser_agrees(&job.path("run.html"), &job.path("run.json"));
}

#[test]
fn the_pages_of_a_short_and_of_an_empty_run_are_complete() {
    let service = service(SimulatorSettings::default());
    let (list, numbers) = list(3);
    for (name, content) in [("short.csv", list.as_str()), ("empty.csv", "id,phone\n")] {
        let job = Job::new().with_credentials(Some((USERNAME, PASSWORD))).list(name, content);
        let flags = ["--report", "run.html", "--summary", "run.json", "--no-ledger"];
        job.enrich_alone(name, "out.parquet", &service, &flags).exits_with(0);
        let page = fs::read_to_string(job.path("run.html")).unwrap();
        no_secret_is_shown(&page, &numbers);
        page_and_summary_agree(&page, &job.json("run.json"));
        a_browser_agrees(&job.path("run.html"), &job.path("run.json"));
    }
}

/// No whole number, no user name, no password.
#[track_caller]
fn no_secret_is_shown(page: &str, numbers: &[String]) {
    for secret in [USERNAME, PASSWORD] {
        assert!(!page.contains(secret), "{secret} is on the page");
    }
    let longest_run_of_digits =
        page.split(|character: char| !character.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    for number in numbers {
        assert!(
            longest_run_of_digits < number.len() || !page.contains(number.as_str()),
            "{number} is on the page"
        );
    }
}

/// Every figure of the page equals that of the summary, and no important one is missing.
#[track_caller]
fn page_and_summary_agree(page: &str, summary: &Value) {
    let mut shown = BTreeMap::new();
    for figure in page.split("data-figure=\"").skip(1) {
        let (path, rest) = figure.split_once("\" data-value=\"").unwrap();
        let (value, rest) = rest.split_once("\">").unwrap();
        let (text, _) = rest.split_once('<').unwrap();
        let expected = path.split('.').fold(summary, |inside, step| match step.parse::<usize>() {
            Ok(index) if inside.is_array() => &inside[index],
            _ => &inside[step],
        });
        assert_eq!(value, expected.to_string(), "{path}");
        if expected.is_u64() && path != "bytes" {
            assert_eq!(text.replace(' ', ""), value, "{path}");
        }
        shown.insert(path.to_owned(), value.to_owned());
    }
    let mut needed: Vec<String> = ["counts.rows", "counts.requests", "counts.billed", "elapsed_seconds"]
        .into_iter()
        .chain([
            "latency.p50_ms",
            "latency.p90_ms",
            "latency.p99_ms",
            "latency.p999_ms",
            "latency.longest_ms",
        ])
        .map(str::to_owned)
        .collect();
    for group in ["by_status", "by_result", "refused", "faults"] {
        let names = summary["counts"][group].as_object().unwrap().keys();
        needed.extend(names.map(|name| format!("counts.{group}.{name}")));
    }
    for (list, figure) in
        [("funnel", "left"), ("countries", "rows"), ("networks", "rows"), ("worst_ranges", "without_verdict")]
    {
        let count = summary[list].as_array().unwrap().len();
        needed.extend((0..count).map(|index| format!("{list}.{index}.{figure}")));
    }
    for path in needed {
        assert!(shown.contains_key(&path), "{path} is missing on the page");
    }
}

/// Checks that need a browser. With `$HLR_BROWSER` set, the test fails if there is none.
#[track_caller]
fn a_browser_agrees(page: &Path, summary: &Path) {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("chromium") || !has("python3") {
        assert!(std::env::var_os("HLR_BROWSER").is_none(), "chromium or python3 is missing");
        eprintln!("skipped: chromium or python3 is missing");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.py");
    let checked = Command::new("python3").arg(script).args([page, summary]).output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success(), "{stdout}{stderr}");
}
