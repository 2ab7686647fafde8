//! Where a subscriber is, as texts: few networks and places come up in a list, and most rows repeat them.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::model::{CallingCode, Plmn};
use crate::numbering;

/// The cells of one network and place.
pub(super) struct NetworkCells {
    pub(super) mcc: Option<String>,
    pub(super) mnc: Option<String>,
    pub(super) location: Option<String>,
    pub(super) network: Option<&'static str>,
    pub(super) country: Option<&'static str>,
    pub(super) location_country: Option<&'static str>,
    pub(super) roaming: Option<bool>,
}

/// Those that have come up in a batch.
#[derive(Default)]
pub(super) struct NetworkCellCache(HashMap<(Option<Plmn>, Option<CallingCode>), NetworkCells, FixedState>);

impl NetworkCellCache {
    /// The cells of this network and place.
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
