//! The values of the `status` column, which data teams act on.

/// What an answer means for the subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The HLR answered for the subscriber.
    Reachable,
    /// The network is known; the handset may be off.
    Assigned,
    /// The subscriber exists, but the handset is off. Never purge these as dead.
    Absent,
    /// Assigned, but cannot receive SMS.
    NoService,
    /// Not assigned.
    Dead,
    /// Looked up without a verdict.
    Unknown,
    /// Not looked up.
    NotChecked,
    /// Not a valid number; nothing was sent.
    Invalid,
}

impl Status {
    /// Every status, in the order of summaries.
    pub const ALL: [Self; 8] = [
        Self::Reachable,
        Self::Assigned,
        Self::Absent,
        Self::NoService,
        Self::Dead,
        Self::Unknown,
        Self::NotChecked,
        Self::Invalid,
    ];

    /// Whether the status says nothing about the subscriber.
    #[must_use]
    pub const fn lacks_verdict(self) -> bool {
        matches!(self, Self::Unknown | Self::NotChecked)
    }

    /// The word in the `status` column.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Assigned => "assigned",
            Self::Absent => "absent",
            Self::NoService => "no_service",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
            Self::NotChecked => "not_checked",
            Self::Invalid => "invalid",
        }
    }
}
