//! Names of networks.
//!
//! `tables/networks.csv` comes from GNOME's list of providers, which is rarely updated.
//! `tables/own_networks.csv` adds and renames, and takes precedence. A network has the name of its
//! own operator, not of a reseller.

use std::sync::LazyLock;

use super::tables;
use crate::model::Plmn;

/// What is known of one network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Network {
    plmn: Plmn,
    /// ISO alpha-2; `None` where the network has several countries, or none.
    pub(super) country: Option<&'static str>,
    name: &'static str,
}

/// Every known network, sorted by code. Rows of `own_networks.csv` come first and are kept.
static NETWORKS: LazyLock<Vec<Network>> = LazyLock::new(|| {
    let own = tables::rows(include_str!("tables/own_networks.csv"));
    let others = tables::rows(include_str!("tables/networks.csv"));
    let mut networks: Vec<_> = own.chain(others).map(network).collect();
    networks.sort_by_key(|network| network.plmn);
    networks.dedup_by_key(|network| network.plmn);
    networks
});

fn network([mcc, mnc, country, name]: [&'static str; 4]) -> Network {
    let plmn = Plmn::from_digits(&format!("{mcc}{mnc}")).expect("a code in the table is valid");
    Network { plmn, country: (!country.is_empty()).then_some(country), name }
}

/// The network with this code, if it is known.
pub(super) fn find(plmn: Plmn) -> Option<&'static Network> {
    let index = NETWORKS.binary_search_by_key(&plmn, |network| network.plmn).ok()?;
    Some(&NETWORKS[index])
}

/// The name of a network's operator, as its customers know it, or `None` where it is not known.
///
/// `08` and `008` are different networks, so the number of MNC digits counts.
#[must_use]
pub fn network_name(plmn: Plmn) -> Option<&'static str> {
    find(plmn).map(|network| network.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(digits: &str) -> Option<&'static str> {
        network_name(Plmn::from_digits(digits).unwrap())
    }

    #[test]
    fn networks_have_the_names_of_their_operators() {
        assert_eq!(name("24008"), Some("Telenor"));
        assert_eq!(name("23410"), Some("O2"));
        assert_eq!(name("310260"), Some("T-Mobile"));
        assert_eq!(name("40445"), Some("Airtel"));
        assert_eq!(name("44011"), Some("Rakuten Mobile"));
    }

    #[test]
    fn an_mnc_of_three_digits_is_another_network() {
        assert_eq!(name("310010"), Some("Verizon"));
        assert_eq!(name("31010"), None);
        assert_eq!(name("50501"), Some("Telstra"));
        assert_eq!(name("505001"), None);
    }

    #[test]
    fn every_row_is_a_network_with_a_name() {
        assert!(NETWORKS.len() > 1000);
        for network in NETWORKS.iter() {
            assert!(!network.name.trim().is_empty() && network.name.len() < 40, "{network:?}");
        }
    }
}
