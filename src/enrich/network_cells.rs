//! Network and location of a subscriber as texts. A list has few different ones, so the texts are
//! made once a batch.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::model::{CallingCode, Plmn};
use crate::numbering;

/// The cells of one network and location.
pub(super) struct NetworkCells {
    pub(super) mcc: Option<String>,
    pub(super) mnc: Option<String>,
    pub(super) location: Option<String>,
    pub(super) network: Option<&'static str>,
    pub(super) country: Option<&'static str>,
    pub(super) location_country: Option<&'static str>,
    pub(super) roaming: Option<bool>,
}

/// The cells of every network and location of a batch.
#[derive(Default)]
pub(super) struct NetworkCellCache(HashMap<(Option<Plmn>, Option<CallingCode>), NetworkCells, FixedState>);

impl NetworkCellCache {
    /// The cells of this network and location.
    pub(super) fn cells(&mut self, network: Option<Plmn>, location: Option<CallingCode>) -> &NetworkCells {
        self.0.entry((network, location)).or_insert_with(|| NetworkCells {
            mcc: network.map(Plmn::mcc_text),
            mnc: network.map(Plmn::mnc_text),
            location: location.map(|code| code.to_string()),
            network: network.and_then(numbering::network_name),
            country: network.and_then(numbering::network_country),
            location_country: location.and_then(numbering::location_country),
            roaming: numbering::roaming(network, location),
        })
    }
}
