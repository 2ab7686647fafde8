//! What a data team acts on: the `status` column.

/// What a data team acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The HLR answered for the subscriber.
    Reachable,
    /// The network is known; the handset need not be on.
    Assigned,
    /// Exists, off now. Never to be purged as dead.
    Absent,
    /// Assigned, but takes no SMS.
    NoService,
    /// Not assigned.
    Dead,
    /// Asked, no verdict.
    Unknown,
    /// No statement about the subscriber.
    NotChecked,
    /// Refused before any money was spent.
    Invalid,
}

impl Status {
    /// Every status, in the order in which summaries list them.
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

    /// Whether nothing was found out about the subscriber: asking again may.
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
