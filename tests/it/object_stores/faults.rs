use std::time::Duration;

use super::{Store, Trouble, job_at};
use crate::harness::{Service, every_row_is_true, nth_number};

/// Every third request fails in some way, and the rows are true all the same.
#[test]
fn faults_of_the_store_are_repeated() {
    let rows: String = (0..500).map(|n| format!("{n},{}\n", nth_number(n).get())).collect();
    for trouble in [
        Trouble::Status(500, "InternalError"),
        Trouble::Status(503, "SlowDown"),
        Trouble::Status(429, "TooManyRequests"),
        Trouble::Reset,
        Trouble::LostReply,
        Trouble::Stall(Duration::from_millis(300)),
    ] {
        let store = Store::start();
        store.put("list.csv", format!("id,phone\n{rows}"));
        store.set_trouble(move |earlier, _| (earlier % 3 == 1).then_some(trouble));
        let job = job_at(&store);
        let service = Service::start(Default::default());
        let done = job.enrich("s3://lake/list.csv", "s3://lake/out.parquet", &service, &["--no-ledger"]);
        done.exits_with(0);
        store.set_trouble(|_, _| None);
        std::fs::write(job.path("out.parquet"), store.get("out.parquet").unwrap()).unwrap();
        every_row_is_true(&job.read("out.parquet"), &service);
        assert_eq!(
            service.account_in_short().requests,
            service.account_in_short().distinct_numbers,
            "{trouble:?}"
        );
    }
}

#[test]
fn a_store_that_is_down_is_named_before_anything_is_asked() {
    let store = Store::start();
    store.set_trouble(|_, _| Some(Trouble::Reset));
    let job = job_at(&store);
    let service = Service::start(Default::default());
    let done = job.enrich("s3://lake/list.csv", "out.csv", &service, &["--no-ledger"]);
    done.exits_with(2).says(&["s3://lake/list.csv: the object store failed"]);
    assert_eq!(service.account_in_short().requests, 0);
}
