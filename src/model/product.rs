//! The two products behind one address, and whether the provider may answer from its cache.

/// Which of the two products behind the one address the account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Real-Time Lookup: `OK` proves that the HLR answered for the subscriber.
    #[default]
    RealTime,
    /// Number Portability Lookup: `OK` proves only that the network is known.
    Portability,
}

/// Whether the provider may answer from its own cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProviderCache {
    /// It may.
    #[default]
    Allowed,
    /// It is asked to look the number up afresh (`nocache`).
    Bypassed,
}
