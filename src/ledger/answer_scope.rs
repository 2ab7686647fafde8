//! What an answer answers, besides its number: which product was asked, and past whose cache.

use crate::model::{Product, ProviderCache};

/// Answers of one scope are of one kind. A run records on its own and reads those that serve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnswerScope {
    /// What was asked. Answers of one product say nothing about the other.
    pub product: Product,
    /// Whether the provider's cache was bypassed.
    pub cache: ProviderCache,
}

impl AnswerScope {
    /// Every scope. The place in this list is the scope's number in the journal: it never changes.
    pub const ALL: [Self; 4] = [
        Self { product: Product::RealTime, cache: ProviderCache::Allowed },
        Self { product: Product::RealTime, cache: ProviderCache::Bypassed },
        Self { product: Product::Portability, cache: ProviderCache::Allowed },
        Self { product: Product::Portability, cache: ProviderCache::Bypassed },
    ];

    /// The place in [`AnswerScope::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|scope| *scope == self).expect("every scope is in the list")
    }

    /// The scopes whose answers are good enough for a run on this one. An answer that the provider looked up
    /// afresh serves every run; a run that asks for fresh ones takes no other.
    #[must_use]
    pub fn serving(self) -> Vec<Self> {
        let fresh = Self { cache: ProviderCache::Bypassed, ..self };
        match self.cache {
            ProviderCache::Allowed => vec![self, fresh],
            ProviderCache::Bypassed => vec![fresh],
        }
    }

    /// The name of the scope's table in the file: it never changes.
    pub(super) const fn table_name(self) -> &'static str {
        match (self.product, self.cache) {
            (Product::RealTime, ProviderCache::Allowed) => "real-time",
            (Product::RealTime, ProviderCache::Bypassed) => "real-time nocache",
            (Product::Portability, ProviderCache::Allowed) => "portability",
            (Product::Portability, ProviderCache::Bypassed) => "portability nocache",
        }
    }
}
