//! The two products of the service, and whether the provider may answer from its cache.

/// Which product the account has. Both have the same address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Real-Time Lookup: `OK` means that the HLR answered for the subscriber.
    #[default]
    RealTime,
    /// Number Portability Lookup: `OK` means only that the network is known.
    Portability,
}

/// Whether the provider may answer from its own cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProviderCache {
    /// The cache may be used.
    #[default]
    Allowed,
    /// The provider looks the number up again (`nocache`).
    Bypassed,
}
