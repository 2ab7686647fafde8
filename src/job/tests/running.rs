//! Whole runs over a small list.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::{flags, no_environment};
use crate::config::{RawConfig, TextList};
use crate::job::{Job, JobOutcome, StartError};
use crate::lookup::{StopReason, StopSignal};
use crate::telemetry::{Counters, NoReporter};

/// A list of twenty rows in a folder of its own, to be enriched beside itself.
struct SmallJob {
    folder: tempfile::TempDir,
}

impl SmallJob {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = (0..20).map(|row| format!("person {row},+4670174{:04}\n", 600 + row / 2));
        fs::write(folder.path().join("list.csv"), format!("name,phone\n{}", rows.collect::<String>()))
            .unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn pipeline(&self, more: RawConfig) -> Job {
        let ours = RawConfig {
            input: Some(TextList(vec![self.path("list.csv").display().to_string()])),
            output: Some(self.path("enriched.csv")),
            summary: Some(self.path("run.json")),
            ..flags()
        };
        Job::load(None, more.over(ours), &no_environment()).unwrap()
    }
}

#[tokio::test]
async fn a_whole_run_leaves_the_file_and_its_summary() {
    let job = SmallJob::new();
    let counters = Arc::new(Counters::default());
    let finished = job
        .pipeline(RawConfig::default())
        .run(StopSignal::default(), Arc::new(NoReporter), counters)
        .await
        .unwrap();
    assert!(matches!(finished.outcome, JobOutcome::Complete), "{finished:?}");
    assert_eq!(
        (finished.report.rows, finished.report.counts.answered, finished.report.counts.duplicates),
        (20, 10, 10)
    );
    assert!(finished.report.counts.adds_up());
    assert_eq!(finished.simulated[0].distinct_numbers, 10);
    assert_eq!(fs::read_to_string(job.path("enriched.csv")).unwrap().lines().count(), 21);
    let summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(job.path("run.json")).unwrap()).unwrap();
    assert_eq!(
        (summary["ending"].as_str(), summary["counts"]["rows"].as_u64()),
        (Some("complete"), Some(20))
    );
}

#[tokio::test]
async fn an_existing_output_is_refused_before_anything_is_sent() {
    let job = SmallJob::new();
    fs::write(job.path("enriched.csv"), "precious").unwrap();
    let start = job
        .pipeline(RawConfig::default())
        .start(StopSignal::default(), Arc::new(NoReporter), Arc::default())
        .await;
    assert!(matches!(start, Err(StartError::Output(_))));
    assert_eq!(fs::read_to_string(job.path("enriched.csv")).unwrap(), "precious");
}

#[tokio::test]
async fn a_stopped_run_does_not_take_the_name_of_the_result() {
    let job = SmallJob::new();
    let stop = StopSignal::default();
    let started = job
        .pipeline(RawConfig::default())
        .start(stop.clone(), Arc::new(NoReporter), Arc::default())
        .await
        .unwrap();
    stop.request(StopReason::Interrupted);
    let finished = started.finish().await.unwrap();
    assert!(matches!(finished.outcome, JobOutcome::Stopped(StopReason::Interrupted)), "{finished:?}");
    assert!(!job.path("enriched.csv").exists());
}
