//! The ledger compared with a table in memory, through many foldings and openings.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::model::{
    AcceptedResults, Answer, Answered, LookupResult, Money, Msisdn, Product, ProviderCache, Source, UtcMillis,
};

/// When the first run of a test starts; each step is a millisecond later.
const START: i64 = 1_700_000_000_000;

fn number(n: u64) -> Msisdn {
    Msisdn::new(46_700_000_000 + n).unwrap()
}

fn answered(result: LookupResult, step: i64) -> Answered {
    Answered { answer: Answer::bare(result), checked_at: UtcMillis(START + step), attempts: 1 }
}

fn settings(path: &Path, scope: AnswerScope) -> DurableSettings {
    DurableSettings {
        path: path.to_owned(),
        origin: AnswerOrigin::ThisMachine,
        scope,
        max_age: MaxAge::default(),
        accepted: AcceptedResults::new((0..5).map(|n| format!("RESULT_{n}"))),
        refresh: None,
        commit_interval: Duration::from_millis(1),
        memory: 1 << 20,
        in_flight: 10,
        unsaved_answers: 20,
    }
}

/// A ledger with its commits.
struct Run {
    ledger: DurableLedger,
    commits: Commits,
}

/// Opens the ledger as soon as the task of the run before has ended.
async fn open_scope(path: &Path, scope: AnswerScope, step: i64) -> Run {
    for _ in 0..30_000 {
        match DurableLedger::open(settings(path, scope), UtcMillis(START + step)).await {
            Ok(ledger) => return Run::of(ledger),
            Err(LedgerError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the ledger stays in use");
}

async fn open(path: &Path, step: i64) -> Run {
    open_scope(path, AnswerScope::ALL[0], step).await
}

impl Run {
    fn of(ledger: DurableLedger) -> Self {
        let commits = ledger.take_commits().unwrap();
        Self { ledger, commits }
    }

    /// Records answers and waits until they are committed.
    async fn record(&mut self, answers: &[(Msisdn, Answered)]) {
        for (msisdn, answered) in answers {
            let paid = PaidAnswer { msisdn: *msisdn, answered: answered.clone(), cost: Money::ZERO };
            assert_eq!(self.ledger.record(paid, AnswerRoom::default()), Durability::AfterCommit);
        }
        let mut committed = 0;
        while committed < answers.len() {
            let commit = self.commits.recv().await.unwrap();
            assert!(commit.failure.is_none(), "{:?}", commit.failure);
            committed += commit.answers.len();
        }
    }

    async fn find(&self, numbers: &[Msisdn]) -> Vec<Option<KnownAnswer>> {
        self.ledger.find(numbers).await.unwrap()
    }

    async fn close(mut self) {
        self.ledger.close();
        while self.commits.recv().await.is_some() {}
    }
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("l.redb")
}

#[tokio::test]
async fn an_answer_is_found_after_its_commit_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let slow = DurableSettings {
        commit_interval: Duration::from_secs(60),
        ..settings(&file(&folder), AnswerScope::ALL[0])
    };
    let mut run = Run::of(DurableLedger::open(slow, UtcMillis(START)).await.unwrap());
    // The first answer does not wait, because there was no commit just before it.
    run.record(&[(number(2), answered(LookupResult::Ok, 0))]).await;
    let paid = PaidAnswer { msisdn: number(1), answered: answered(LookupResult::Ok, 0), cost: Money::ZERO };
    assert_eq!(run.ledger.record(paid.clone(), AnswerRoom::default()), Durability::AfterCommit);
    assert_eq!(run.find(&[number(1)]).await, [None]);
    assert_eq!(run.ledger.find_recent(&[number(1)]), [None]);
    // Closing does not wait for the interval.
    run.ledger.close();
    assert_eq!(run.commits.recv().await.unwrap().answers, [paid]);
    let found = run.find(&[number(1)]).await;
    assert_eq!(found[0].as_ref().map(|found| found.source), Some(Source::Duplicate));
    assert!(run.commits.recv().await.is_none());
    drop(run);
    let next = open(&file(&folder), 1_000).await;
    let found = next.find(&[number(1)]).await;
    assert_eq!(found[0].as_ref().map(|found| found.source), Some(Source::Ledger));
    assert_eq!(next.ledger.in_doubt(), None);
}

#[tokio::test]
async fn a_run_that_was_cut_off_leaves_doubt_but_loses_no_committed_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(&file(&folder), 0).await;
    run.record(&[(number(1), answered(LookupResult::Ok, 0))]).await;
    drop(run);
    let next = open(&file(&folder), 5).await;
    let doubt = next.ledger.in_doubt().unwrap();
    assert_eq!((doubt.started, doubt.at_most), (UtcMillis(START), 10 + 20));
    assert!(next.find(&[number(1)]).await[0].is_some());
    next.close().await;
    assert_eq!(open(&file(&folder), 9).await.ledger.in_doubt(), None, "the run before ended cleanly");
}

/// Exactly the recorded answers are found, through foldings, indexes and openings.
#[tokio::test]
async fn the_ledger_finds_what_a_table_in_memory_finds() {
    for seed in 0..8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut model: HashMap<Msisdn, Answered> = HashMap::new();
        let mut run = open(&file(&folder), 0).await;
        for step in 1..60 {
            let several: Vec<_> = (0..random.u64(1..80))
                .map(|_| {
                    let results = [LookupResult::Ok, LookupResult::UnknownSubscriber];
                    let invented = LookupResult::from_text(&format!("RESULT_{}", random.u8(0..5)));
                    let result =
                        if random.u8(0..9) == 0 { invented } else { results[random.usize(0..2)].clone() };
                    (number(random.u64(0..2_000)), answered(result, step))
                })
                .collect();
            // If a number is recorded twice in one commit, the last answer is kept.
            run.record(&several).await;
            model.extend(several);
            if random.u8(0..8) == 0 {
                if random.bool() {
                    run.close().await;
                } else {
                    drop(run);
                }
                run = open(&file(&folder), step).await;
            }
            let asked: Vec<_> = (0..300).map(|_| number(random.u64(0..2_100))).collect();
            let found = run.find(&asked).await;
            for (msisdn, found) in asked.iter().zip(found) {
                let found = found.map(|found| found.answered);
                assert_eq!(found.as_ref(), model.get(msisdn), "seed {seed}, step {step}, {msisdn:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_scope_serves_runs_on_itself_and_runs_that_allow_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    for (n, scope) in (0..).zip(AnswerScope::ALL) {
        let mut run = open_scope(&file(&folder), scope, 0).await;
        run.record(&[(number(n), answered(LookupResult::Ok, 0))]).await;
        run.close().await;
    }
    for (scope, known) in AnswerScope::ALL.into_iter().zip([
        [true, true, false, false],
        [false, true, false, false],
        [false, false, true, true],
        [false, false, false, true],
    ]) {
        let run = open_scope(&file(&folder), scope, 0).await;
        let found = run.find(&[0, 1, 2, 3].map(number)).await;
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), known, "{scope:?}");
    }
    let bypassed = AnswerScope { product: Product::RealTime, cache: ProviderCache::Bypassed };
    assert_eq!(bypassed.serving(), [bypassed]);
}

#[tokio::test]
async fn entries_come_in_order_and_forgotten_ones_can_be_merged_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(&file(&folder), 0).await;
    let all: Vec<_> = (0..100).map(|n| (number(n * 7 % 100), answered(LookupResult::Ok, n as i64))).collect();
    run.record(&all).await;
    run.close().await;
    let ledger_file = LedgerFile::open(&file(&folder), IfMissing::Refuse).unwrap();
    let page = ledger_file.entries(None, 60).unwrap();
    let rest = ledger_file.entries(page.last(), 60).unwrap();
    let numbers: Vec<_> = page.iter().chain(&rest).map(|entry| entry.msisdn).collect();
    assert_eq!(numbers, (0..100).map(number).collect::<Vec<_>>());
    assert!(ledger_file.entries(rest.last(), 60).unwrap().is_empty());
    let (forgotten, ledger_file) = ledger_file.forget(&[number(5), number(500)]).unwrap();
    assert_eq!((forgotten, ledger_file.count().unwrap()), (1, 99));
    assert_eq!(ledger_file.merge(&page).unwrap(), 1, "the others are there and as young");
}

#[test]
fn of_several_answers_to_a_number_that_are_merged_at_once_the_youngest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let ledger_file = LedgerFile::open(&file(&folder), IfMissing::Create(AnswerOrigin::ThisMachine)).unwrap();
    let entry = |n, result, step| {
        let (scope, msisdn) = (AnswerScope::ALL[0], number(n));
        Entry { scope, msisdn, answered: answered(result, step) }
    };
    let youngest = entry(1, LookupResult::Ok, 3);
    let entries = [
        entry(1, LookupResult::UnknownSubscriber, 2),
        youngest.clone(),
        entry(1, LookupResult::UnknownSubscriber, 1),
        entry(1, LookupResult::UnknownSubscriber, 3),
        entry(2, LookupResult::Ok, 1),
    ];
    assert_eq!(ledger_file.merge(&entries).unwrap(), 4, "one was as young as another before it");
    assert_eq!(ledger_file.entries(None, 10).unwrap(), [youngest, entries[4].clone()]);
    assert_eq!(ledger_file.count().unwrap(), 2);
}

/// A tree keeps numbers as separators, so removing an answer is not enough.
#[tokio::test]
async fn no_trace_of_forgotten_numbers_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(&file(&folder), 0).await;
    let all: Vec<_> = (0..20_000).map(|n| (number(n), answered(LookupResult::Ok, 0))).collect();
    run.record(&all).await;
    run.close().await;
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
    assert!(words.contains(&number(1).get().to_le_bytes()[..]), "other numbers are found in this way");
}

#[tokio::test]
async fn a_file_that_is_gone_at_the_end_is_told_and_its_answers_are_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(&file(&folder), 0).await;
    let all: Vec<_> = (0..500).map(|n| (number(n), answered(LookupResult::Ok, 1))).collect();
    run.record(&all).await;
    std::fs::remove_file(file(&folder)).unwrap();
    run.ledger.close();
    let last = run.commits.recv().await.unwrap();
    let change = ForeignChange::Deleted;
    assert!(matches!(last.failure.as_deref(), Some(LedgerError::Changed { change: c, .. }) if *c == change));
    assert!(run.commits.recv().await.is_none());
    let rescued = run.ledger.rescued().unwrap();
    assert_eq!((rescued.answers, rescued.path.file_name().unwrap().to_str()), (500, Some("l.rescued.csv")));
}

#[tokio::test]
async fn an_answer_that_is_taken_back_is_not_found_by_this_run_nor_by_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, withdrawn) = (number(1), number(2));
    let mut run = open(&file(&folder), 0).await;
    run.record(&[(kept, answered(LookupResult::Ok, 0)), (withdrawn, answered(LookupResult::Ok, 0))]).await;
    run.ledger.withdraw(&[withdrawn]);
    run.close().await;
    // In the journal, and folded beside an older answer.
    for step in [1_000, 2_000] {
        let mut next = open(&file(&folder), step).await;
        let found = next.find(&[kept, withdrawn]).await;
        assert_eq!((found[0].is_some(), found[1].is_some()), (true, false), "{step}");
        let many: Vec<_> = (10..500).map(|n| (number(n), answered(LookupResult::Ok, step))).collect();
        next.record(&many).await;
        next.record(&[(withdrawn, answered(LookupResult::Ok, step + 1))]).await;
        assert!(next.find(&[withdrawn]).await[0].is_some(), "it may be asked again");
        next.ledger.withdraw(&[withdrawn]);
        next.close().await;
    }
}

#[tokio::test]
async fn an_answer_is_taken_back_before_its_commit_too() {
    let folder = tempfile::tempdir().unwrap();
    let slow = DurableSettings {
        commit_interval: Duration::from_millis(200),
        ..settings(&file(&folder), AnswerScope::ALL[0])
    };
    let mut run = Run::of(DurableLedger::open(slow, UtcMillis(START)).await.unwrap());
    run.record(&[(number(2), answered(LookupResult::Ok, 0))]).await;
    let paid = PaidAnswer { msisdn: number(1), answered: answered(LookupResult::Ok, 0), cost: Money::ZERO };
    assert_eq!(run.ledger.record(paid, AnswerRoom::default()), Durability::AfterCommit);
    run.ledger.withdraw(&[number(1)]);
    run.close().await;
    assert_eq!(open(&file(&folder), 1_000).await.find(&[number(1)]).await, [None]);
}
