//! The ledger against a model, through many foldings and openings.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::model::{Answer, LookupResult, Product, ProviderCache, UtcMillis};

/// When the first run of a test begins; a moment for each further step.
const BEGINNING: i64 = 1_700_000_000_000;

fn number(n: u64) -> Msisdn {
    Msisdn::new(46_700_000_000 + n).unwrap()
}

fn answered(result: LookupResult, step: i64) -> Answered {
    Answered { answer: Answer::bare(result), checked_at: UtcMillis(BEGINNING + step), attempts: 1 }
}

fn settings(path: &Path, scope: AnswerScope) -> DurableSettings {
    DurableSettings {
        path: path.to_owned(),
        answers_of: AnswersOf::ThisMachine,
        scope,
        max_age: MaxAge::default(),
        refresh: None,
        commit_interval: Duration::from_millis(1),
        memory: 1 << 20,
        in_flight: 10,
    }
}

/// Opens the ledger as soon as the task of the one before it is gone.
async fn open_shelf(path: &Path, scope: AnswerScope, step: i64) -> DurableLedger {
    for _ in 0..10_000 {
        match DurableLedger::open(settings(path, scope), UtcMillis(BEGINNING + step)).await {
            Ok(ledger) => return ledger,
            Err(LedgerError::InUse { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the ledger is never given free");
}

async fn open(path: &Path, step: i64) -> DurableLedger {
    open_shelf(path, AnswerScope::ALL[0], step).await
}

/// Records answers and waits until they are kept.
async fn record(ledger: &DurableLedger, answers: &[(Msisdn, Answered)]) {
    for (msisdn, answered) in answers {
        let paid = Paid { msisdn: *msisdn, answered: answered.clone(), cost: Money::ZERO };
        assert_eq!(ledger.record(paid), Kept::Later);
    }
    let mut kept = 0;
    while kept < answers.len() {
        let group = ledger.kept().await.unwrap();
        assert!(group.failure.is_none());
        kept += group.answers.len();
    }
}

async fn close(ledger: DurableLedger) {
    ledger.close();
    while ledger.kept().await.is_some() {}
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("l.redb")
}

#[tokio::test]
async fn an_answer_is_found_when_it_is_on_disk_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let slow = DurableSettings {
        commit_interval: Duration::from_secs(60),
        ..settings(&file(&folder), AnswerScope::ALL[0])
    };
    let ledger = DurableLedger::open(slow, UtcMillis(BEGINNING)).await.unwrap();
    let paid = Paid { msisdn: number(1), answered: answered(LookupResult::Ok, 0), cost: Money::ZERO };
    assert_eq!(ledger.record(paid.clone()), Kept::Later);
    assert_eq!(ledger.find(&[number(1)]).await.unwrap(), [None]);
    assert_eq!(ledger.find_recent(&[number(1)]), [None]);
    // Closing waits for no interval.
    ledger.close();
    assert_eq!(ledger.kept().await.unwrap().answers, [paid]);
    let found = ledger.find(&[number(1)]).await.unwrap();
    assert_eq!(found[0].as_ref().map(|found| found.source), Some(Source::Duplicate));
    assert!(ledger.kept().await.is_none());
    drop(ledger);
    let next = open(&file(&folder), 1_000).await;
    let found = next.find(&[number(1)]).await.unwrap();
    assert_eq!(found[0].as_ref().map(|found| found.source), Some(Source::Ledger));
    assert_eq!(next.in_doubt(), None);
}

#[tokio::test]
async fn a_run_that_was_cut_off_leaves_doubt_and_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&file(&folder), 0).await;
    record(&ledger, &[(number(1), answered(LookupResult::Ok, 0))]).await;
    drop(ledger);
    let next = open(&file(&folder), 5).await;
    let doubt = next.in_doubt().unwrap();
    assert_eq!((doubt.started, doubt.at_most), (UtcMillis(BEGINNING), 10 + 2 * 10));
    assert!(next.find(&[number(1)]).await.unwrap()[0].is_some());
    close(next).await;
    assert_eq!(open(&file(&folder), 9).await.in_doubt(), None, "the one before ended in order");
}

/// Whatever is recorded is found, through foldings, readings-through and openings, and nothing else is.
#[tokio::test]
async fn the_ledger_knows_what_a_table_would_know() {
    for seed in 0..8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut model: HashMap<Msisdn, Answered> = HashMap::new();
        let mut ledger = open(&file(&folder), 0).await;
        for step in 1..60 {
            let several: Vec<_> = (0..random.u64(1..80))
                .map(|_| {
                    let results = [LookupResult::Ok, LookupResult::UnknownSubscriber];
                    let made_up = LookupResult::from_text(&format!("RESULT_{}", random.u8(0..5)));
                    let result =
                        if random.u8(0..9) == 0 { made_up } else { results[random.usize(0..2)].clone() };
                    (number(random.u64(0..2_000)), answered(result, step))
                })
                .collect();
            // Of a number that is recorded again within one commit, the last word stays.
            record(&ledger, &several).await;
            model.extend(several);
            if random.u8(0..8) == 0 {
                if random.bool() {
                    close(ledger).await;
                } else {
                    drop(ledger);
                }
                ledger = open(&file(&folder), step).await;
            }
            let asked: Vec<_> = (0..300).map(|_| number(random.u64(0..2_100))).collect();
            let found = ledger.find(&asked).await.unwrap();
            for (msisdn, found) in asked.iter().zip(found) {
                let found = found.map(|found| found.answered);
                assert_eq!(found.as_ref(), model.get(msisdn), "seed {seed}, step {step}, {msisdn:?}");
            }
        }
    }
}

#[tokio::test]
async fn each_shelf_serves_those_that_it_is_good_enough_for() {
    let folder = tempfile::tempdir().unwrap();
    for (n, scope) in (0..).zip(AnswerScope::ALL) {
        let ledger = open_shelf(&file(&folder), scope, 0).await;
        record(&ledger, &[(number(n), answered(LookupResult::Ok, 0))]).await;
        close(ledger).await;
    }
    for (scope, known) in AnswerScope::ALL.into_iter().zip([
        [true, true, false, false],
        [false, true, false, false],
        [false, false, true, true],
        [false, false, false, true],
    ]) {
        let ledger = open_shelf(&file(&folder), scope, 0).await;
        let found = ledger.find(&[0, 1, 2, 3].map(number)).await.unwrap();
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), known, "{scope:?}");
    }
    let fresh = AnswerScope { product: Product::RealTime, cache: ProviderCache::Bypassed };
    assert_eq!(fresh.serving(), [fresh]);
}

#[tokio::test]
async fn what_was_forgotten_is_asked_anew_and_entries_come_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&file(&folder), 0).await;
    let all: Vec<_> = (0..100).map(|n| (number(n * 7 % 100), answered(LookupResult::Ok, n as i64))).collect();
    record(&ledger, &all).await;
    close(ledger).await;
    let ledger_file = LedgerFile::open(&file(&folder), IfMissing::Refuse).unwrap();
    let page = ledger_file.entries(None, 60).unwrap();
    let rest = ledger_file.entries(page.last(), 60).unwrap();
    let numbers: Vec<_> = page.iter().chain(&rest).map(|entry| entry.msisdn).collect();
    assert_eq!(numbers, (0..100).map(number).collect::<Vec<_>>());
    assert!(ledger_file.entries(rest.last(), 60).unwrap().is_empty());
    let (forgotten, ledger_file) = ledger_file.forget(&[number(5), number(500)]).unwrap();
    assert_eq!((forgotten, ledger_file.count().unwrap()), (1, 99));
    assert_eq!(ledger_file.take_in(&page).unwrap(), 1, "the others are there, as young");
}

/// A tree keeps numbers as signposts, so taking an answer out is not enough.
#[tokio::test]
async fn no_trace_is_left_of_what_was_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&file(&folder), 0).await;
    let all: Vec<_> = (0..20_000).map(|n| (number(n), answered(LookupResult::Ok, 0))).collect();
    record(&ledger, &all).await;
    close(ledger).await;
    let forgotten: Vec<_> = (0..20_000).step_by(7).map(number).collect();
    let ledger_file = LedgerFile::open(&file(&folder), IfMissing::Refuse).unwrap();
    let (count, ledger_file) = ledger_file.forget(&forgotten).unwrap();
    assert_eq!(
        (count, ledger_file.count().unwrap()),
        (forgotten.len() as u64, 20_000 - forgotten.len() as u64)
    );
    drop(ledger_file);
    let bytes = std::fs::read(file(&folder)).unwrap();
    let words: std::collections::HashSet<&[u8]> = bytes.windows(8).collect();
    let traces = forgotten.iter().filter(|msisdn| words.contains(&msisdn.get().to_le_bytes()[..]));
    assert_eq!(traces.count(), 0);
    assert!(
        words.contains(&number(1).get().to_le_bytes()[..]),
        "what was not forgotten is found in this way"
    );
}
