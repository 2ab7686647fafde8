//! What the simulator does wrong on demand, and what its account has about it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

use super::client::{ask, connect, request};
use super::{NUMBER, msisdn, start, start_with};
use crate::simulator::{Fault, NumberAccount, SimulatorSettings, final_answer};

#[tokio::test]
async fn resets_before_and_after_reading_differ_in_the_account() {
    for (fault, maybe_billed) in [(Fault::ResetBeforeRead, 0), (Fault::ResetAfterRead, 1)] {
        let simulator = start_with(|faults| match fault {
            Fault::ResetBeforeRead => faults.reset_before_read = 1.0,
            _ => faults.reset_after_read = 1.0,
        })
        .await;
        let reset = ask(&simulator, NUMBER).await.unwrap_err();
        assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
        let account = simulator.stop().await;
        assert_eq!((account.maybe_billed, account.billed), (maybe_billed, 0));
        assert_eq!(account.faults, BTreeMap::from([(fault.text().to_owned(), 1)]));
    }
}

#[tokio::test]
async fn a_number_passes_after_its_faulty_attempts() {
    let simulator = start_with(|faults| (faults.unavailable, faults.too_many_requests) = (0.5, 0.5)).await;
    let mut client = connect(&simulator).await;
    for number in NUMBER..NUMBER + 20 {
        for _ in 0..2 {
            let message = client.ask(number).await.unwrap();
            match message.status() {
                429 => assert_eq!(message.field("Retry-After"), Some("1")),
                status => assert_eq!(status, 503),
            }
        }
        assert!(client.ask(number).await.unwrap().text().starts_with("result=OK;"));
    }
    let account = simulator.stop().await;
    let expected = NumberAccount { asked: 3, attempts: 3, billed: 1, settled: 1, maybe_billed: 0 };
    assert!(account.numbers.values().all(|number| *number == expected));
    assert_eq!((account.requests, account.ended(), account.distinct_numbers), (60, 60, 20));
}

#[tokio::test]
async fn bodies_that_are_not_an_answer_have_status_200() {
    let simulator = start_with(|faults| {
        (faults.html_page, faults.empty_body, faults.binary_body) = (0.4, 0.3, 0.3);
    })
    .await;
    let mut client = connect(&simulator).await;
    for number in NUMBER..NUMBER + 20 {
        let message = client.ask(number).await.unwrap();
        assert_eq!(message.status(), 200);
        assert!(!message.body.starts_with(b"result="));
    }
    assert_eq!((simulator.account().maybe_billed, simulator.account().faults.len()), (20, 3));
}

#[tokio::test]
async fn a_body_can_end_before_its_length() {
    let simulator = start_with(|faults| faults.truncated_body = 1.0).await;
    let cut = ask(&simulator, NUMBER).await.unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_stall_lasts_until_the_client_gives_up() {
    let simulator = start_with(|faults| faults.stall = 1.0).await;
    let mut client = connect(&simulator).await;
    client.send(&request(NUMBER)).await;
    assert!(client.nothing_comes().await);
    assert_eq!(simulator.totals().ongoing, 1);
    drop(client);
    while simulator.totals().ongoing > 0 {
        tokio::task::yield_now().await;
    }
    let account = simulator.stop().await;
    assert_eq!((account.faults["stall"], account.maybe_billed), (1, 1));
}

#[tokio::test]
async fn a_stall_of_some_time_is_answered_in_the_end() {
    let mut settings = SimulatorSettings::calm();
    settings.faults.stall = 1.0;
    settings.stall_for = Some(Duration::from_millis(5));
    let simulator = start(settings).await;
    assert_eq!(ask(&simulator, NUMBER).await.unwrap().status(), 200);
    let account = simulator.stop().await;
    assert_eq!((account.ended(), account.billed, account.maybe_billed), (1, 1, 0));
}

#[tokio::test]
async fn a_client_that_leaves_during_the_lookup_may_be_billed() {
    let mut settings = SimulatorSettings::calm();
    settings.latency.median = Duration::from_millis(10);
    let simulator = start(settings).await;
    let mut client = connect(&simulator).await;
    client.send(&request(NUMBER)).await;
    while simulator.totals().ongoing == 0 {
        tokio::task::yield_now().await;
    }
    drop(client);
    while simulator.totals().ongoing > 0 {
        tokio::task::yield_now().await;
    }
    let account = simulator.stop().await;
    assert_eq!((account.abandoned, account.maybe_billed, account.billed), (1, 1, 0));
    assert_eq!(account.ended(), account.requests);
}

#[tokio::test]
async fn every_number_gets_its_final_answer_through_a_storm() {
    let settings =
        SimulatorSettings { stall_for: Some(Duration::from_millis(1)), ..SimulatorSettings::stormy() };
    let simulator = start(settings.clone()).await;
    let transient = ["TIMEOUT", "HLR_ABORT"];
    for number in NUMBER..NUMBER + 300 {
        let truth = final_answer(&settings, msisdn(number));
        let mut answers = Vec::new();
        for _ in 0..3 {
            if let Ok(message) = ask(&simulator, number).await {
                answers.push(String::from_utf8_lossy(&message.body).into_owned());
            }
        }
        let last = answers.last().expect("the third attempt is answered");
        let result = truth.result.text();
        assert!(last.contains("result=") && last.contains(result.split_at(2).0), "{last} {result}");
        assert!(!transient.iter().any(|text| last.contains(text)), "{last}");
    }
    let account = simulator.stop().await;
    assert_eq!((account.requests, account.ended(), account.distinct_numbers), (900, 900, 300));
    assert!(account.numbers.values().all(|number| number.attempts == 3 && number.settled >= 1));
}
