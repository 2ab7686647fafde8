//! The service seen from the other end of a socket.

mod client;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;

use super::*;
use crate::model::{LookupResult, Product};
use client::{AUTHORIZATION, Client, ask, connect, request};

const TRANSCRIPT: u64 = 46_708_100_200;
const NUMBER: u64 = 46_701_740_605;

async fn start(settings: SimulatorSettings) -> Simulator {
    Simulator::start(settings).await.unwrap()
}

async fn start_calm() -> Simulator {
    start(SimulatorSettings::calm()).await
}

/// Every attempt that may be faulty meets this.
async fn start_with(fault: impl FnOnce(&mut FaultShares)) -> Simulator {
    let mut settings = SimulatorSettings::calm();
    fault(&mut settings.faults);
    start(settings).await
}

fn msisdn(number: u64) -> Msisdn {
    Msisdn::new(number).unwrap()
}

#[tokio::test]
async fn the_transcript_of_the_document_is_given_byte_for_byte() {
    let simulator = start(SimulatorSettings::stormy()).await;
    let mut client = connect(&simulator).await;
    client
        .send(
            "GET /lookup?msisdn=46708100200 HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n\
             User-Agent: curl/7.30.0\r\nHost: 93.158.78.4:3700\r\nAccept: */*\r\n\r\n",
        )
        .await;
    let message = client.message().await.unwrap();
    let date = message.field("Date").unwrap();
    let head = format!(
        "HTTP/1.1 200 OK, Success\r\nDate: {date}\r\nContent-Length: 20\r\n\
         Content-Type: text/plain; charset=ISO-8859-1\r\n\r\n"
    );
    assert_eq!((message.head.as_str(), message.text()), (head.as_str(), "result=OK;imsi=24004"));
    assert_eq!(date.len(), "Mon, 12 Feb 2014 11:00:41 +0100".len());
    assert_eq!(
        client.ask(TRANSCRIPT).await.unwrap().text(),
        "result=OK;imsi=24004",
        "the connection is kept"
    );
}

#[tokio::test]
async fn both_products_answer_the_documented_number_as_documented() {
    for (product, body) in [
        (Product::RealTime, "result=OK;imsi=24008;location=46"),
        (Product::Portability, "result=OK;imsi=24008"),
    ] {
        let simulator = start(SimulatorSettings { product, ..SimulatorSettings::default() }).await;
        assert_eq!(ask(&simulator, 46_708_100_100).await.unwrap().text(), body);
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let simulator = start_calm().await;
    let mut client = connect(&simulator).await;
    let numbers = [TRANSCRIPT, NUMBER, 46_708_100_100];
    client.send(&numbers.map(request).concat()).await;
    for number in numbers {
        let text = client.message().await.unwrap();
        let network = simulator.truth(msisdn(number)).network.unwrap();
        let imsi = format!("imsi={}{}", network.mcc_text(), network.mnc_text());
        assert!(text.text().contains(&imsi), "{} {imsi}", text.text());
    }
    assert_eq!(simulator.account().connections, 1);
}

#[tokio::test]
async fn a_request_may_come_in_pieces() {
    let simulator = start_calm().await;
    let mut client = connect(&simulator).await;
    let request = request(TRANSCRIPT);
    let (first, second) = request.split_at(30);
    client.send(first).await;
    tokio::task::yield_now().await;
    client.send(second).await;
    assert_eq!(client.message().await.unwrap().status(), 200);
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_not_looked_up() {
    let simulator = start_calm().await;
    let mut client = connect(&simulator).await;
    client.send(&request(NUMBER).replace("dXNl", "XXXX")).await;
    let message = client.message().await.unwrap();
    assert_eq!(message.status(), 401);
    assert!(message.field("WWW-Authenticate").unwrap().starts_with("Basic "));
    let account = simulator.stop().await;
    assert_eq!((account.unauthorized, account.billed, account.ended()), (1, 0, 1));
    assert_eq!(account.numbers[&msisdn(NUMBER)], NumberAccount { asked: 1, ..Default::default() });
}

#[tokio::test]
async fn paths_methods_and_bytes_that_are_not_served_are_refused() {
    let simulator = start_calm().await;
    assert_eq!(connect(&simulator).await.ask_for("/").await.status(), 404);
    for (sent, status) in
        [("POST /lookup HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", 405), ("\u{7}\u{7}\u{7}\r\n\r\n", 400)]
    {
        let mut client = connect(&simulator).await;
        client.send(sent).await;
        assert_eq!(client.message().await.unwrap().status(), status);
        assert_eq!(client.end().await, ErrorKind::UnexpectedEof);
    }
    let mut client = connect(&simulator).await;
    client.send(&format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(20_000))).await;
    assert_eq!(client.message().await.unwrap().status(), 431);
    assert_eq!(simulator.account().requests, 0);
}

#[tokio::test]
async fn sentences_come_in_the_guise_that_was_ordered() {
    for (guise, status, before) in [
        (SentenceGuise::Bare, 200, ""),
        (SentenceGuise::Field, 200, "result="),
        (SentenceGuise::BadRequest, 400, ""),
    ] {
        let accepted_prefixes = vec!["46".into()];
        let settings = SimulatorSettings { sentences: guise, accepted_prefixes, ..SimulatorSettings::calm() };
        let simulator = start(settings).await;
        let mut client = connect(&simulator).await;
        for (target, sentence) in [
            ("/lookup", LookupResult::MandatoryParameterMissing),
            ("/lookup?msisdn=12&nocache", LookupResult::MsisdnInvalid),
            ("/lookup?msisdn=4791234567", LookupResult::RangeNotAccepted),
        ] {
            let message = client.ask_for(target).await;
            assert_eq!(
                (message.status(), message.text()),
                (status, &*format!("{before}{}", sentence.text()))
            );
        }
        let account = simulator.stop().await;
        assert_eq!((account.billed, account.ended(), account.nocache), (0, 3, 1));
    }
}

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
async fn bodies_that_are_no_answer_have_status_200() {
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
async fn a_client_that_goes_during_the_lookup_may_be_billed() {
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
async fn odd_shapes_are_valid_http() {
    let shapes = |order: fn(&mut ShapeShares)| {
        let mut settings = SimulatorSettings::calm();
        order(&mut settings.shapes);
        settings
    };
    let simulator = start(shapes(|shapes| shapes.chunked = 1.0)).await;
    let mut client = connect(&simulator).await;
    let message = client.ask(NUMBER).await.unwrap();
    assert_eq!(message.field("Transfer-Encoding"), Some("chunked"));
    assert_eq!(message.field("Content-Length"), None);
    assert_eq!(client.ask(NUMBER).await.unwrap().status(), 200, "the connection is kept");

    let simulator = start(shapes(|shapes| shapes.http_1_0 = 1.0)).await;
    let message = ask(&simulator, NUMBER).await.unwrap();
    assert!(message.head.starts_with("HTTP/1.0 200 "));
    assert!(message.text().starts_with("result=OK;imsi=240"), "the end of the connection ends the body");

    let simulator = start(shapes(|shapes| shapes.connection_close = 1.0)).await;
    let mut client = connect(&simulator).await;
    assert_eq!(client.ask(NUMBER).await.unwrap().field("Connection"), Some("close"));
    assert_eq!(client.end().await, ErrorKind::UnexpectedEof);

    let simulator = start(shapes(|shapes| shapes.split = 1.0)).await;
    assert!(ask(&simulator, NUMBER).await.unwrap().text().starts_with("result=OK;imsi=240"));
}

#[tokio::test]
async fn more_than_the_ongoing_lookups_are_throttled_and_cost_no_attempt() {
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
async fn requests_above_the_rate_are_told_to_come_back() {
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
async fn an_outage_can_be_ordered_and_ended() {
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
async fn connections_end_after_their_time_and_their_requests() {
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

#[tokio::test]
async fn the_account_can_be_read_over_http_while_it_runs() {
    let simulator = start_calm().await;
    let mut client = connect(&simulator).await;
    client.ask(NUMBER).await.unwrap();
    let read = |message: client::Message| serde_json::from_slice::<serde_json::Value>(&message.body).unwrap();
    let totals = read(client.ask_for("/account").await);
    assert_eq!((&totals["requests"], &totals["by_result"]["OK"]), (&1.into(), &1.into()));
    assert!(totals.get("numbers").is_none() && totals.get("per_10ms").is_none());
    let whole = read(client.ask_for("/account?numbers&arrivals").await);
    assert_eq!(whole["numbers"][NUMBER.to_string()]["settled"], 1);
    assert!(whole["per_10ms"].as_array().unwrap().contains(&1.into()));
}

#[tokio::test]
async fn without_an_account_of_numbers_there_are_still_totals() {
    let settings =
        SimulatorSettings { per_number_account: PerNumberAccount::Off, ..SimulatorSettings::calm() };
    let simulator = start(settings).await;
    ask(&simulator, NUMBER).await.unwrap();
    let account = simulator.stop().await;
    assert_eq!((account.billed, account.distinct_numbers, account.numbers.len()), (1, 0, 0));
}

#[tokio::test]
async fn every_number_gets_its_truth_through_a_storm() {
    let settings =
        SimulatorSettings { stall_for: Some(Duration::from_millis(1)), ..SimulatorSettings::stormy() };
    let simulator = start(settings.clone()).await;
    let transient = ["TIMEOUT", "HLR_ABORT"];
    for number in NUMBER..NUMBER + 300 {
        let truth = crate::simulator::truth(&settings, msisdn(number));
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

#[tokio::test]
async fn https_is_spoken_with_the_certificate_that_was_made() {
    let simulator = start(SimulatorSettings { scheme: Scheme::Https, ..SimulatorSettings::calm() }).await;
    assert!(simulator.url().starts_with("https://127.0.0.1:"));
    let mut trusted = rustls::RootCertStore::empty();
    let certificate =
        CertificateDer::from_pem_slice(simulator.certificate_pem().unwrap().as_bytes()).unwrap();
    trusted.add(certificate).unwrap();
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(trusted)
            .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    for name in ["127.0.0.1", "localhost"] {
        let tcp = TcpStream::connect(simulator.address()).await.unwrap();
        let stream = connector.connect(ServerName::try_from(name).unwrap(), tcp).await.unwrap();
        let mut client = Client::new(stream);
        assert_eq!(client.ask(TRANSCRIPT).await.unwrap().text(), "result=OK;imsi=24004");
        assert_eq!(client.ask(TRANSCRIPT).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn only_loopback_is_served() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let refused = Simulator::start(SimulatorSettings { listen, ..SimulatorSettings::default() }).await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(refused.to_string().contains("loopback"), "{refused}");
}

#[tokio::test]
async fn a_client_may_close_after_its_request() {
    let simulator = start_calm().await;
    let mut client = connect(&simulator).await;
    client.send(&format!("GET /lookup?msisdn={NUMBER} HTTP/1.0\r\n{AUTHORIZATION}\r\n")).await;
    assert_eq!(client.message().await.unwrap().field("Connection"), Some("close"));
    assert_eq!(client.end().await, ErrorKind::UnexpectedEof);
}
