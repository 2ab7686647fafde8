//! What an answer is about besides its number: the product, and the provider's cache.

use crate::model::{Product, ProviderCache};

/// The scope of an answer. A run records answers in its own scope and reads those that serve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnswerScope {
    /// The product. Answers of one product say nothing about the other.
    pub product: Product,
    /// Whether the provider's cache was bypassed.
    pub cache: ProviderCache,
}

impl AnswerScope {
    /// Every scope. The index in this list is the scope's number in the journal: it never changes.
    pub const ALL: [Self; 4] = [
        Self { product: Product::RealTime, cache: ProviderCache::Allowed },
        Self { product: Product::RealTime, cache: ProviderCache::Bypassed },
        Self { product: Product::Portability, cache: ProviderCache::Allowed },
        Self { product: Product::Portability, cache: ProviderCache::Bypassed },
    ];

    /// The index in [`AnswerScope::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|scope| *scope == self).expect("every scope is in the list")
    }

    /// The scopes whose answers a run on this scope may use. An answer that bypassed the provider's
    /// cache serves every run; a run that bypasses the cache uses no other.
    #[must_use]
    pub fn serving(self) -> Vec<Self> {
        let bypassed = Self { cache: ProviderCache::Bypassed, ..self };
        match self.cache {
            ProviderCache::Allowed => vec![self, bypassed],
            ProviderCache::Bypassed => vec![bypassed],
        }
    }

    /// The name of the scope's table in the file. It never changes.
    pub(super) const fn table_name(self) -> &'static str {
        match (self.product, self.cache) {
            (Product::RealTime, ProviderCache::Allowed) => "real-time blocks",
            (Product::RealTime, ProviderCache::Bypassed) => "real-time nocache blocks",
            (Product::Portability, ProviderCache::Allowed) => "portability blocks",
            (Product::Portability, ProviderCache::Bypassed) => "portability nocache blocks",
        }
    }

    /// The name of the scope's table in a file of format 1.
    pub(super) const fn first_table_name(self) -> &'static str {
        match (self.product, self.cache) {
            (Product::RealTime, ProviderCache::Allowed) => "real-time",
            (Product::RealTime, ProviderCache::Bypassed) => "real-time nocache",
            (Product::Portability, ProviderCache::Allowed) => "portability",
            (Product::Portability, ProviderCache::Bypassed) => "portability nocache",
        }
    }
}
