//! The faults that anybody can try with the simulator: the same as on real sockets, on demand.

use hlr_enrich::simulator::{FaultShares, RequestLimits, ShapeShares, SimulatorSettings};

use super::kept;
use crate::harness::{Job, Service, every_row_is_true, nth_number};

const FLAGS: [&str; 4] = ["--concurrency", "16", "--ledger", "l.redb"];

fn with_faults(faults: FaultShares) -> Service {
    Service::start(SimulatorSettings { faults, ..SimulatorSettings::default() })
}

#[test]
fn answers_that_are_misdelivered_are_never_taken_for_another_numbers() {
    let faults = FaultShares::default();
    for (faults, may_stop) in [
        (FaultShares { late_answer: 0.1, ..faults }, false),
        (FaultShares { short_length: 0.1, ..faults }, true),
        (FaultShares { two_answers: 0.02, ..faults }, true),
        (FaultShares { unannounced_close: 0.5, ..faults }, false),
        (FaultShares { late_answer: 0.02, short_length: 0.02, unannounced_close: 0.1, ..faults }, true),
    ] {
        let service = with_faults(faults);
        let job = Job::new().numbers("list.csv", 600);
        // Client and service do not agree about what was delivered.
        let done = job.enrich_alone("list.csv", "out.parquet", &service, &FLAGS);
        match done.output.status.code() {
            Some(0) => every_row_is_true(&job.read("out.parquet"), &service),
            // Where an answer had been given to its row before something else came.
            Some(4) if may_stop => {
                done.says(&["may belong to others"]);
            }
            code => panic!("{code:?} {faults:?}\n{}", done.stderr()),
        }
    }
}

#[test]
fn bodies_and_redirects_that_are_no_answers_cost_attempts_and_no_row() {
    let faults = FaultShares { gzip_body: 0.05, moved: 0.05, ..FaultShares::default() };
    let shapes = ShapeShares { byte_order_mark: 0.5, ..ShapeShares::default() };
    let service = Service::start(SimulatorSettings { faults, shapes, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 600);
    job.enrich("list.csv", "out.parquet", &service, &FLAGS).exits_with(0);
    every_row_is_true(&job.read("out.parquet"), &service);
    assert_eq!(kept(&job, "l.redb"), 600);
}

#[test]
fn one_forbidden_number_is_its_rows() {
    let forbidden_prefixes = vec![nth_number(17).get().to_string(), nth_number(99).get().to_string()];
    let service = Service::start(SimulatorSettings { forbidden_prefixes, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 300);
    job.enrich("list.csv", "out.parquet", &service, &FLAGS).exits_with(3);
    let results = job.read("out.parquet").column("hlr_result");
    let refused = results.iter().flatten().filter(|result| *result == "http_403").count();
    assert_eq!((refused, kept(&job, "l.redb")), (2, 298));
}

#[test]
fn credit_that_runs_out_stops_the_run_in_either_way_of_saying_so() {
    for without_credit in ["402", "NO_CREDIT"] {
        let limits = RequestLimits { credit: Some(120), ..RequestLimits::default() };
        let settings = SimulatorSettings {
            limits,
            without_credit: without_credit.into(),
            ..SimulatorSettings::default()
        };
        let service = Service::start(settings);
        let job = Job::new().numbers("list.csv", 3_000);
        let done = job.enrich("list.csv", "out.parquet", &service, &FLAGS);
        done.exits_with(4).says(&[if without_credit == "402" { "no credit" } else { "NO_CREDIT" }]);
        let account = service.account_in_short();
        assert!(account.requests < 120 + 500, "{without_credit}: {}", account.requests);
        assert!(kept(&job, "l.redb") >= account.billed.min(120), "{without_credit}");
    }
}

#[test]
fn the_flags_of_the_simulator_have_these_faults() {
    let job = Job::new();
    let help = job.hlr(["simulate", "--help"]).exits_with(0).stdout();
    for flag in ["--forbid", "--credit", "--without-credit", "--retry-after"] {
        assert!(help.contains(flag), "{flag}");
    }
    let done = job.hlr(["simulate", "--fault", "two_anwsers=0.1"]);
    done.exits_with(2).says(&["did you mean two_answers?"]);
}
