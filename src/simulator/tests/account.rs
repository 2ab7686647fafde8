//! Reading the account while the simulator runs.

use super::client::{Message, ask, connect};
use super::{NUMBER, start, start_calm};
use crate::simulator::{PerNumberAccount, SimulatorSettings};

#[tokio::test]
async fn the_account_can_be_read_over_http_while_it_runs() {
    let simulator = start_calm().await;
    let mut client = connect(&simulator).await;
    client.ask(NUMBER).await.unwrap();
    let read = |message: Message| serde_json::from_slice::<serde_json::Value>(&message.body).unwrap();
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
