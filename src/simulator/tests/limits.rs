//! Limits of the account, outages, and the life of connections.

use std::io::ErrorKind;
use std::time::Duration;

use futures::future::join_all;
use tokio::net::TcpStream;

use super::client::{ask, connect, request};
use super::{NUMBER, start, start_calm};
use crate::simulator::{ConnectionLimits, Outage, OutageKind, RequestLimits, RetryAfter, SimulatorSettings};

#[tokio::test]
async fn lookups_above_the_limit_are_throttled_and_cost_no_attempt() {
    let mut settings = SimulatorSettings::calm();
    settings.latency.median = Duration::from_millis(60);
    settings.limits.ongoing = Some(3);
    let simulator = start(settings).await;
    let answers = join_all((0..5).map(|n| ask(&simulator, NUMBER + n))).await;
    let throttled = answers.iter().filter(|answer| {
        let text = answer.as_ref().unwrap().text();
        text == "result=REQUEST_THROTTLED"
    });
    assert_eq!(throttled.count(), 2);
    let account = simulator.stop().await;
    assert_eq!((account.throttled, account.billed, account.most_at_once), (2, 3, 4));
    assert_eq!(account.ended(), 5);
    assert_eq!(account.numbers.values().map(|number| number.attempts).sum::<u16>(), 3);
    assert_eq!(account.per_10ms.iter().sum::<u32>(), 5);
    assert_eq!(account.most_in_a_second, 5);
}

#[tokio::test]
async fn requests_above_the_rate_get_a_retry_after() {
    let mut settings = SimulatorSettings::calm();
    settings.limits = RequestLimits { per_second: Some(1), retry_after: RetryAfter::Date, ..settings.limits };
    let simulator = start(settings).await;
    let mut client = connect(&simulator).await;
    assert_eq!(client.ask(NUMBER).await.unwrap().status(), 200);
    let message = client.ask(NUMBER).await.unwrap();
    assert_eq!(message.status(), 429);
    assert!(message.field("Retry-After").unwrap().ends_with(" GMT"));
    assert_eq!(simulator.account().rate_limited, 1);
}

#[tokio::test]
async fn an_outage_can_be_begun_and_ended_by_command() {
    let simulator = start_calm().await;
    let mut idle = connect(&simulator).await;
    assert_eq!(idle.ask(NUMBER).await.unwrap().status(), 200);

    simulator.set_outage(Some(OutageKind::Refuse)).await;
    let refused = TcpStream::connect(simulator.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(idle.end().await, ErrorKind::UnexpectedEof);

    simulator.set_outage(Some(OutageKind::Unavailable)).await;
    let mut client = connect(&simulator).await;
    assert_eq!(client.ask(NUMBER).await.unwrap().status(), 503);
    simulator.set_outage(Some(OutageKind::Nonsense)).await;
    assert!(client.ask(NUMBER).await.unwrap().field("Content-Type").unwrap().starts_with("text/html"));
    simulator.set_outage(Some(OutageKind::Reset)).await;
    assert_eq!(client.ask(NUMBER).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    simulator.set_outage(Some(OutageKind::Stall)).await;
    let mut client = connect(&simulator).await;
    client.send(&request(NUMBER)).await;
    assert!(client.nothing_comes().await);

    simulator.set_outage(None).await;
    assert_eq!(ask(&simulator, NUMBER).await.unwrap().status(), 200);
    let account = simulator.stop().await;
    assert_eq!((account.met_outage, account.billed, account.ended()), (4, 2, 6));
}

#[tokio::test]
async fn an_outage_of_the_settings_begins_and_ends_by_itself() {
    let (from, to) = (Duration::ZERO, Duration::from_millis(150));
    let outages = vec![Outage { from, to, kind: OutageKind::Refuse }];
    let simulator = start(SimulatorSettings { outages, ..SimulatorSettings::calm() }).await;
    assert!(TcpStream::connect(simulator.address()).await.is_err());
    while TcpStream::connect(simulator.address()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(ask(&simulator, NUMBER).await.unwrap().status(), 200);
}

#[tokio::test]
async fn connections_end_after_their_idle_time_and_their_requests() {
    let start_limited = |connections| start(SimulatorSettings { connections, ..SimulatorSettings::calm() });
    let simulator = start_limited(ConnectionLimits { idle: None, requests: Some(2) }).await;
    let mut client = connect(&simulator).await;
    assert_eq!(client.ask(NUMBER).await.unwrap().field("Connection"), None);
    assert_eq!(client.ask(NUMBER).await.unwrap().field("Connection"), Some("close"));
    assert_eq!(client.end().await, ErrorKind::UnexpectedEof);

    let idle = Some(Duration::from_millis(5));
    let simulator = start_limited(ConnectionLimits { idle, requests: None }).await;
    assert_eq!(connect(&simulator).await.end().await, ErrorKind::UnexpectedEof);
}
