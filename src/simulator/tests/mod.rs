//! The service as a client sees it, through a socket.

mod account;
mod client;
mod faults;
mod limits;
mod protocol;

use super::{FaultShares, Simulator, SimulatorSettings};
use crate::model::Msisdn;

/// The number of the interface document's transcript.
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
