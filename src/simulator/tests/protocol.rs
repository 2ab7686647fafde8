//! Requests and answers on the wire.

use std::io::ErrorKind;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;

use super::client::{AUTHORIZATION, Client, ask, connect, request};
use super::{NUMBER, TRANSCRIPT, msisdn, start, start_calm};
use crate::model::{LookupResult, Product};
use crate::simulator::{NumberAccount, Scheme, SentenceFormat, ShapeShares, Simulator, SimulatorSettings};

#[tokio::test]
async fn the_transcript_of_the_document_is_sent_byte_for_byte() {
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
        let network = simulator.final_answer(msisdn(number)).network.unwrap();
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
async fn sentences_come_in_the_format_of_the_settings() {
    for (format, status, before) in [
        (SentenceFormat::Bare, 200, ""),
        (SentenceFormat::Field, 200, "result="),
        (SentenceFormat::BadRequest, 400, ""),
    ] {
        let accepted_prefixes = vec!["46".into()];
        let settings =
            SimulatorSettings { sentences: format, accepted_prefixes, ..SimulatorSettings::calm() };
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
async fn unusual_shapes_are_valid_http() {
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
async fn https_uses_the_certificate_made_at_the_start() {
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
