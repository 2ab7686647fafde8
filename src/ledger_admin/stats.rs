//! Figures about the answers of a ledger.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::ledger::{Entry, LedgerError, LedgerFile};
use crate::model::{Plmn, Product, ProviderCache, UtcMillis};
use crate::numbering;
#[cfg(feature = "cloud")]
use crate::shared_answers::AnswerStore;
#[cfg(feature = "cloud")]
use crate::storage::StorageError;

/// The age groups, with their upper limits in days.
const AGES: [(i64, &str); 5] = [
    (1, "under 1 day"),
    (7, "1 to 7 days"),
    (30, "7 to 30 days"),
    (90, "30 to 90 days"),
    (365, "90 to 365 days"),
];
const OLDER: &str = "over 365 days";

/// The figures of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The format of the file.
    pub format: String,
    /// Where its answers come from.
    pub answers_of: String,
    /// When the file was created.
    pub created: String,
    /// The size of the file.
    pub bytes: u64,
    /// How many answers there are.
    pub answers: u64,
    /// The time of the oldest answer, RFC 3339; empty if there is none.
    pub oldest: String,
    /// The time of the youngest answer.
    pub youngest: String,
    /// Answers by product and cache.
    pub by_product: BTreeMap<String, u64>,
    /// Answers by age, youngest first.
    pub by_age: Vec<(String, u64)>,
    /// Answers by status.
    pub by_status: BTreeMap<String, u64>,
    /// Answers by result.
    pub by_result: BTreeMap<String, u64>,
    /// Answers by the country of the network, or of the number if the network is not known; largest
    /// first.
    pub by_country: Vec<(String, u64)>,
    /// Answers by network, if they name one; largest first.
    pub by_network: Vec<NetworkCount>,
}

/// How many answers name one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkCount {
    /// MCC and MNC.
    pub network: String,
    /// The operator's name, if known.
    pub name: Option<&'static str>,
    /// The network's country, if known.
    pub country: Option<&'static str>,
    /// The number of answers.
    pub answers: u64,
}

/// Counts that need a conversion at the end.
#[derive(Default)]
struct Tally {
    ages: [u64; AGES.len() + 1],
    countries: HashMap<&'static str, u64>,
    networks: HashMap<Plmn, u64>,
    oldest_and_youngest: Option<(UtcMillis, UtcMillis)>,
}

impl Stats {
    /// Reads the whole ledger, and checks the checksum of every answer.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is damaged.
    pub fn read(ledger_file: &LedgerFile, now: UtcMillis) -> Result<Self, LedgerError> {
        let metadata = |key| Ok::<_, LedgerError>(ledger_file.metadata(key)?.unwrap_or_default());
        let mut stats = Self {
            format: metadata("format")?,
            answers_of: metadata("answers")?,
            created: metadata("created")?,
            bytes: ledger_file.bytes(),
            ..Self::default()
        };
        let mut tally = Tally::default();
        ledger_file.for_each_entry(|entry| stats.count(entry, &mut tally, now))?;
        stats.finish(tally);
        Ok(stats)
    }

    /// Reads all shared answers, every answer that was ever paid for.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    #[cfg(feature = "cloud")]
    pub(super) async fn read_shared(store: &AnswerStore, now: UtcMillis) -> Result<Self, StorageError> {
        let mut stats = Self {
            format: "1".into(),
            answers_of: store.origin().await?.text().into(),
            bytes: store.bytes().await?,
            ..Self::default()
        };
        let mut tally = Tally::default();
        store.for_each(|entry| stats.count(entry, &mut tally, now)).await?;
        stats.finish(tally);
        Ok(stats)
    }

    fn count(&mut self, entry: &Entry, tally: &mut Tally, now: UtcMillis) {
        self.answers += 1;
        let answer = &entry.answered.answer;
        let count = |counts: &mut BTreeMap<String, u64>, name: &str| match counts.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                counts.insert(name.to_owned(), 1);
            }
        };
        let product = match (entry.scope.product, entry.scope.cache) {
            (Product::RealTime, ProviderCache::Allowed) => "real-time",
            (Product::RealTime, ProviderCache::Bypassed) => "real-time, nocache",
            (Product::Portability, ProviderCache::Allowed) => "portability",
            (Product::Portability, ProviderCache::Bypassed) => "portability, nocache",
        };
        count(&mut self.by_product, product);
        count(&mut self.by_status, answer.result.status(entry.scope.product).text());
        count(&mut self.by_result, &answer.result.shown().to_string());

        let checked_at = entry.answered.checked_at;
        let days = (now.0 - checked_at.0) / (24 * 3_600_000);
        tally.ages[AGES.iter().position(|(limit, _)| days < *limit).unwrap_or(AGES.len())] += 1;
        let (oldest, youngest) = tally.oldest_and_youngest.unwrap_or((checked_at, checked_at));
        tally.oldest_and_youngest = Some((oldest.min(checked_at), youngest.max(checked_at)));
        let by_network = answer.network.and_then(numbering::network_country);
        let country = by_network.or_else(|| numbering::number_country(entry.msisdn));
        *tally.countries.entry(country.unwrap_or("??")).or_default() += 1;
        if let Some(network) = answer.network {
            *tally.networks.entry(network).or_default() += 1;
        }
    }

    fn finish(&mut self, tally: Tally) {
        if let Some((oldest, youngest)) = tally.oldest_and_youngest {
            (self.oldest, self.youngest) = (oldest.to_string(), youngest.to_string());
        }
        let names = AGES.iter().map(|(_, name)| *name).chain([OLDER]);
        let ages = names.zip(tally.ages).filter(|(_, count)| *count > 0);
        self.by_age = ages.map(|(name, count)| (name.to_owned(), count)).collect();
        self.by_country =
            tally.countries.into_iter().map(|(country, count)| (country.to_owned(), count)).collect();
        self.by_country.sort_by(|(one, ones), (two, twos)| twos.cmp(ones).then(one.cmp(two)));
        let mut networks: Vec<_> = tally.networks.into_iter().collect();
        networks.sort_by_key(|(network, count)| (std::cmp::Reverse(*count), *network));
        let network_count = |(network, answers): (Plmn, u64)| NetworkCount {
            network: format!("{}-{}", network.mcc_text(), network.mnc_text()),
            name: numbering::network_name(network),
            country: numbering::network_country(network),
            answers,
        };
        self.by_network = networks.into_iter().map(network_count).collect();
    }
}
