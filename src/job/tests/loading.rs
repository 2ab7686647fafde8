//! What configurations mean, and everything that is wrong with them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{asking, flags, no_environment, with_credentials};
use crate::config::paths::lock_beside;
use crate::config::{Diagnostics, Environment, RawConfig, TextList};
use crate::enricher::{LedgerSettings, Settings};
use crate::job::Job;
use crate::ledger::AnswerOrigin;
use crate::model::{LookupResult, Money, Msisdn, Plmn, Status};

/// Everything that is wrong, each with its help in the same line.
fn problems(file: Option<&Path>, flags: RawConfig, environment: &Environment) -> Vec<String> {
    match Job::load(file, flags, environment) {
        Ok(_) => Vec::new(),
        Err(Diagnostics(problems)) => problems
            .iter()
            .map(|problem| match &problem.help {
                Some(help) => format!("{problem} / {help}"),
                None => problem.to_string(),
            })
            .collect(),
    }
}

#[test]
fn every_pipeline_file_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    let mut loaded = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = problems(Some(&path), RawConfig::default(), &with_credentials());
        assert!(found.is_empty(), "{found:#?}");
        loaded += 1;
    }
    assert!(loaded > 0);
}

#[test]
fn all_problems_are_reported_at_once() {
    let raw = RawConfig {
        input: None,
        output: None,
        rate: Some(-1.0),
        concurrency: Some(0),
        attempts: Some(0),
        region: Some("Sweden".into()),
        delimiter: Some("xx".into()),
        compression_level: Some(99),
        window_rows: Some(0),
        proxy: Some("http://ada:hunter2@proxy".into()),
        ca_file: Some("/nowhere/ca.pem".into()),
        ..asking("europe")
    };
    let found = problems(None, raw, &no_environment());
    for expected in [
        "no input is named",
        "no output is named",
        "--rate: ",
        "--concurrency: ",
        "--attempts: ",
        "--region: ",
        "--delimiter: ",
        "--compression-level: ",
        "--window-rows: ",
        "--proxy: ",
        "--ca-file: cannot read /nowhere/ca.pem",
        "--endpoint: \"europe\" is not a valid endpoint",
        "the service needs credentials / set HLR_USERNAME and HLR_PASSWORD",
    ] {
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{expected:?} in {found:#?}");
    }
    assert_eq!(found.len(), 13, "{found:#?}");
    assert!(!found.concat().contains("hunter2"));
}

#[test]
fn an_endpoint_must_be_named() {
    let found = problems(None, RawConfig { endpoint: None, ..flags() }, &with_credentials());
    let [problem] = &found[..] else { panic!("{found:?}") };
    assert!(problem.contains("--endpoint eu, us") && problem.contains("simulator"), "{problem}");
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nightly.toml");
    fs::write(&path, "input = \"a.csv\"\noutput = \"b.csv\"\nendpoint = \"eu\"\nrate = 7\nattempts = 2\n")
        .unwrap();
    let flags = RawConfig { rate: Some(5.0), ..RawConfig::default() };
    let pipeline = Job::load(Some(&path), flags, &with_credentials()).unwrap();
    let choices = pipeline.resolved.effective.0.iter().filter(|choice| choice.name != "ledger");
    let choices: Vec<_> = choices.map(|c| (c.name.as_str(), c.value.as_str(), c.origin.clone())).collect();
    let file = path.display().to_string();
    assert_eq!(
        choices,
        [
            ("rate", "5/s", "--rate".into()),
            ("concurrency", "10", "careful default".into()),
            ("timeout", "10s", "default".into()),
            ("attempts", "2", file),
        ]
    );
}

#[test]
fn a_problem_in_a_file_names_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nightly.toml");
    fs::write(&path, "input = \"a.csv\"\noutputt = \"b.csv\"\n\nrate = 0\nendpoint = \"simulator\"\n")
        .unwrap();
    let found = problems(Some(&path), RawConfig::default(), &no_environment());
    let file = path.display();
    assert_eq!(
        found,
        [
            format!("{file}:2: unknown key `outputt` / did you mean `output`?"),
            format!(
                "{file}:4: rate: a rate must be from 0.0003 (one request an hour) to 1,000,000 requests per second"
            ),
            "no output is named / name the file to write with --output".into(),
        ]
    );
}

#[test]
fn defaults_are_careful_with_a_provider_and_generous_on_this_machine() {
    let shown = |endpoint| {
        let raw = RawConfig { no_ledger: Some(true), ..asking(endpoint) };
        let pipeline = Job::load(None, raw, &with_credentials()).unwrap();
        pipeline.resolved.effective.to_string()
    };
    let careful = "rate 10/s, concurrency 10 (careful default); timeout 10s, attempts 4 (default); ledger none \
                   (--no-ledger)";
    assert_eq!(shown("eu"), careful);
    for endpoint in ["simulator", "http://127.0.0.1:3700"] {
        let generous = "rate unlimited, concurrency 256 (loopback); ";
        assert!(shown(endpoint).starts_with(generous), "{}", shown(endpoint));
    }
}

#[test]
fn plain_http_is_a_warning_except_on_loopback() {
    let warnings = |endpoint| {
        let pipeline = Job::load(None, asking(endpoint), &with_credentials()).unwrap();
        pipeline.resolved.warnings.concat()
    };
    assert!(warnings("http://lookup.example.com").contains("clear text"));
    assert_eq!(warnings("https://lookup.example.com"), "");
    assert_eq!(warnings("http://127.0.0.1:3700"), "");
}

#[test]
fn simulated_and_real_answers_do_not_mix() {
    let both = Some(TextList(vec!["eu".into(), "simulator".into()]));
    let found = problems(None, RawConfig { endpoint: both, ..flags() }, &with_credentials());
    assert!(found.concat().contains("simulator cannot be combined with other endpoints"), "{found:?}");
}

#[test]
fn a_user_name_without_a_password_is_refused() {
    let found = problems(None, asking("eu"), &Environment::of([("HLR_USERNAME", "ada")]));
    assert_eq!(found, ["HLR_PASSWORD: is not set, although HLR_USERNAME is"]);
}

#[test]
fn credentials_come_from_systemd_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hlr_username"), "ada\n").unwrap();
    fs::write(folder.path().join("hlr_password"), "hunter2\n").unwrap();
    let environment = Environment::of([("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap())]);
    assert_eq!(problems(None, asking("eu"), &environment), [""; 0]);
}

#[test]
fn secrets_are_never_shown() {
    let pipeline = Job::load(None, asking("eu"), &with_credentials()).unwrap();
    assert!(!format!("{pipeline:?}").contains("hunter2"));
    let found = problems(None, asking("https://ada:hunter2@host"), &with_credentials());
    assert_eq!(found.len(), 1);
    assert!(!found.concat().contains("hunter2"), "{found:?}");
}

#[test]
fn a_window_that_is_too_small_for_the_rate_is_found() {
    let wanted = |rate| {
        let flags = RawConfig { rate: Some(rate), ..asking("eu") };
        Job::load(None, flags, &with_credentials()).unwrap().resolved.settings.larger_window()
    };
    assert_eq!(wanted(5_000.0), None);
    assert_eq!(wanted(10_000.0), Some(205_000));
}

fn resolved(raw: RawConfig) -> Settings {
    Job::load(None, raw, &with_credentials()).unwrap().resolved.settings
}

fn ledger_of(raw: RawConfig) -> Option<LedgerSettings> {
    resolved(raw).ledger_file().cloned()
}

#[test]
fn answers_are_kept_unless_they_are_simulated_or_the_user_declines() {
    let named = |raw| RawConfig { ledger: Some("kept.redb".into()), ..raw };
    assert!(ledger_of(asking("simulator")).is_none());
    assert!(ledger_of(RawConfig { no_ledger: Some(true), ..asking("eu") }).is_none());
    let (simulated, real) = (ledger_of(named(asking("simulator"))), ledger_of(named(asking("eu"))));
    assert_eq!(simulated.unwrap().path, real.unwrap().path);
    let origin = |raw| resolved(raw).provider.unwrap().origin();
    assert_eq!(origin(named(asking("simulator"))), AnswerOrigin::ThisMachine);
    assert_eq!(origin(named(asking("eu"))), AnswerOrigin::Provider);
    let (near, far) = (ledger_of(asking("http://127.0.0.1:3700")), ledger_of(asking("eu")));
    assert_ne!(near.unwrap().path, far.unwrap().path, "simulated and real answers do not mix");
    let both = RawConfig { no_ledger: Some(true), ..named(asking("eu")) };
    assert!(problems(None, both, &with_credentials())[0].contains("use either --ledger or --no-ledger"));
}

#[test]
fn ages_and_prices_are_read_by_status_country_and_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nightly.toml");
    let text = "input = \"a.csv\"\noutput = \"b.csv\"\nendpoint = \"eu\"\n\
                max_age = { dead = \"90d\", absent = \"6h\" }\n\
                price = { default = 0.004, NO = 0.006, \"240-08\" = 0.003 }\n\
                free_results = [\"TIMEOUT\"]\nmax_cost = 100\n";
    fs::write(&path, text).unwrap();
    let job = Job::load(Some(&path), RawConfig::default(), &with_credentials()).unwrap();
    let settings = job.resolved.settings;
    let ages = settings.ledger_file().unwrap().max_age.clone();
    let hours = |status| ages.of(status).as_secs() / 3600;
    assert_eq!((hours(Status::Dead), hours(Status::Absent), hours(Status::Reachable)), (90 * 24, 6, 24));
    let tariff = &settings.tariff;
    let swede = Msisdn::new(46_701_740_605).unwrap();
    assert_eq!(tariff.price_of(swede, None), Money::from_number(0.004).unwrap());
    assert_eq!(tariff.price_of(swede, Plmn::from_digits("24008")), Money::from_number(0.003).unwrap());
    assert_eq!(tariff.free, [LookupResult::RequestThrottled, LookupResult::Timeout]);
    assert_eq!(settings.caps.cost, Money::from_number(100.0).ok());
}

#[test]
fn two_nights_have_the_same_lock() {
    for (output, expected) in [
        ("out/enriched.parquet", "out/.enriched.parquet.lock"),
        ("enriched.parquet", ".enriched.parquet.lock"),
        ("out/nightly-{date}.parquet", "out/.nightly-date.parquet.lock"),
        ("out/{year}/{month}/x.parquet", "out/.x.parquet.lock"),
        ("/srv/{date}/x.parquet", "/srv/.x.parquet.lock"),
    ] {
        assert_eq!(lock_beside(Path::new(output)), Path::new(expected), "{output}");
    }
}

#[test]
fn a_file_with_two_purposes_is_refused() {
    let named = |key: &str| {
        let path = || Some(PathBuf::from("./same.csv"));
        let raw = RawConfig {
            input: Some(TextList(vec!["list.csv".into()])),
            output: Some("same.csv".into()),
            endpoint: Some(TextList(vec!["simulator".into()])),
            summary: path().filter(|_| key == "summary"),
            report: path().filter(|_| key == "report"),
            metrics: path().filter(|_| key == "metrics"),
            ledger: path().filter(|_| key == "ledger"),
            lock: path().filter(|_| key == "lock"),
            ..RawConfig::default()
        };
        Job::load(None, raw, &Environment::of([])).err().map(|problems| problems.to_string())
    };
    for key in ["summary", "report", "metrics", "ledger", "lock"] {
        let problem = named(key).unwrap_or_else(|| panic!("{key}"));
        assert_eq!(problem, format!("--{key}: ./same.csv is the output too"));
    }
    assert_eq!(named("none"), None);
}

#[test]
fn a_flag_overrides_the_related_keys_of_the_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "input = \"a.csv\"\noutput = \"b.csv\"\nendpoint = \"simulator\"\nledger = \"l.redb\"\nrate = 5\n\
                rate_schedule = { \"00:00-23:59\" = 9 }\n";
    std::fs::write(file.path(), text).unwrap();
    let load = |flags| Job::load(Some(file.path()), flags, &Environment::of([])).unwrap();
    let noon = jiff::civil::time(12, 0, 0, 0);
    let rate_at_noon = |pipeline: &Job| pipeline.resolved.rate_plan.at(noon).map(crate::lookup::Rate::get);
    let plain = load(RawConfig::default());
    assert_eq!(rate_at_noon(&plain), Some(9.0));
    assert!(plain.resolved.effective.to_string().contains("9/s 00:00-23:59"), "the schedule is announced");
    let flagged = load(RawConfig { rate: Some(3.0), no_ledger: Some(true), ..RawConfig::default() });
    assert_eq!(rate_at_noon(&flagged), Some(3.0));
    let ledger = |job: &Job| job.resolved.settings.ledger_file().is_some();
    assert!(ledger(&plain) && !ledger(&flagged));
}

#[test]
fn a_problem_with_a_price_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nightly.toml");
    let found = |lines: &str| {
        let text =
            format!("input = \"a.csv\"\noutput = \"b.csv\"\nendpoint = \"eu\"\ntimeout = \"0s\"\n{lines}");
        fs::write(&path, text).unwrap();
        problems(Some(&path), RawConfig::default(), &with_credentials())
    };
    let mispriced = found("price = { Sverige = 1 }\nmax_cost = 5\ncost_column = true\n");
    // In the order of the file.
    assert!(mispriced[0].contains(":4: timeout: ") && mispriced[1].contains(":5: price: "), "{mispriced:#?}");
    assert!(!mispriced.iter().any(|problem| problem.contains("needs a price")), "{mispriced:#?}");
    let unpriced = found("free_results = [\"TIMEOUTS\"]\nmax_cost = 5\ncost_column = true\n");
    assert_eq!(
        unpriced.iter().filter(|problem| problem.contains("needs a price")).count(),
        2,
        "{unpriced:#?}"
    );
}

#[test]
fn problems_with_money_and_ages_have_help() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nightly.toml");
    let text = "input = \"a.csv\"\noutput = \"b.csv\"\nendpoint = \"eu\"\n\
                max_age = { ded = \"90d\" }\nprice = { Sverige = 1, SE = -1 }\nfree_results = [\"TIMEOUTS\"]\n\
                max_cost = 5\ncommit_interval = \"1h\"\n";
    fs::write(&path, text).unwrap();
    let found = problems(Some(&path), RawConfig::default(), &with_credentials());
    for expected in [
        ":4: max_age: \"ded\" is not a status / did you mean dead?",
        ":5: price: \"Sverige\" is neither a country",
        ":5: price: SE: an amount must be a number",
        ":6: free_results: \"TIMEOUTS\" is not a result of the interface document / did you mean \"TIMEOUT\"?",
        ":8: commit_interval: ",
    ] {
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected:?} in {found:#?}");
    }
    let capped = RawConfig { max_cost: Some(5.0), ..asking("eu") };
    assert!(
        problems(None, capped, &with_credentials())[0].starts_with("--max-cost: a cost limit needs a price")
    );
}
