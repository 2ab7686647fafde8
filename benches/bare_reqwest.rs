//! The least that a lookup costs with reqwest: workers that ask and throw the answer away.
//!
//! No retries, no pace, no ledger, no files. `benches/compare.py` runs it beside the whole job, so that
//! what the job adds can be seen.
//!
//! usage: bare_reqwest URL LOOKUPS WORKERS   (only addresses on this machine)

#![allow(clippy::print_stdout, reason = "the reading goes to standard output")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, redirect};
use tokio::task::JoinSet;
use tokio::time::Instant;

const FIRST_NUMBER: u64 = 46_700_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(url), Some(lookups), Some(workers)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        // `cargo bench` starts every bench; without a server there is nothing to measure.
        return Ok(());
    };
    if !url.starts_with("http://127.0.0.1:") {
        return Err("the loop runs against http://127.0.0.1 only".into());
    }
    let (lookups, workers): (u64, u64) = (lookups.parse()?, workers.parse()?);
    rustls::crypto::ring::default_provider().install_default().ok();
    let authorization = HeaderValue::from_static("Basic dXNlcjpwYXNzd29yZA==");
    let client = Client::builder()
        .http1_only()
        .default_headers(HeaderMap::from_iter([(AUTHORIZATION, authorization)]))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tls_certs_only(std::iter::empty())
        .build()?;
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        let (client, next, url) = (client.clone(), next.clone(), url.clone());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= lookups {
                    return Ok::<(), reqwest::Error>(());
                }
                let url = format!("{url}/lookup?msisdn={}", FIRST_NUMBER + number);
                client.get(url).send().await?.bytes().await?;
            }
        });
    }
    while let Some(worker) = tasks.join_next().await {
        worker??;
    }
    println!("{:.3}", started.elapsed().as_secs_f64());
    Ok(())
}
