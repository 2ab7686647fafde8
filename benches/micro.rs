//! What is done for every row and every lookup, alone: `cargo bench --bench micro`.

use divan::{Bencher, black_box};
use hlr_enrich::internals::ledger::{AnswerRoom, Ledger, MemoryLedger, PaidAnswer};
use hlr_enrich::internals::model::{Answer, Answered, LookupResult, Money, Msisdn, ProviderCache, UtcMillis};
use hlr_enrich::internals::numbering;
use hlr_enrich::internals::service::wire;

fn main() {
    divan::main();
}

#[divan::bench(args = ["46701740605", "+46 (0)70-174 06 05", "0701740605", "not a number"])]
fn parse_a_number(bencher: Bencher, text: &str) {
    let home = "SE".parse().ok();
    bencher.bench(|| numbering::normalise(black_box(text), home));
}

#[divan::bench(args = ["result=OK;imsi=24008;location=46\n", "result=ABSENT_SUBSCRIBER_SM", "msisdn is invalid"])]
fn read_a_body(bencher: Bencher, body: &str) {
    bencher.bench(|| wire::read_body(black_box(body.as_bytes())));
}

#[divan::bench]
fn write_a_query(bencher: Bencher) {
    let msisdn = Msisdn::new(46_701_740_605).expect("it has eleven digits");
    bencher.bench(|| wire::query(black_box(msisdn), ProviderCache::Allowed));
}

#[divan::bench]
fn remember_and_find_4096_answers(bencher: Bencher) {
    let numbers: Vec<_> = (0..4096).filter_map(|n| Msisdn::new(46_700_000_000 + n)).collect();
    let answer = Answer::bare(LookupResult::Ok);
    let answered = Answered { answer, checked_at: UtcMillis(1_700_000_000_000), attempts: 1 };
    bencher.bench(|| {
        let ledger = MemoryLedger::default();
        for &msisdn in &numbers {
            let paid = PaidAnswer { msisdn, answered: answered.clone(), cost: Money::ZERO };
            black_box(ledger.record(paid, AnswerRoom::default()));
        }
        ledger.find_recent(black_box(&numbers))
    });
}
