//! What is in a ledger, in figures.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::ledger::{Entry, LedgerError, LedgerFile};
use crate::model::{Plmn, Product, ProviderCache, UtcMillis};
use crate::numbering;

/// The ages by which answers are counted, in days, and what they are called.
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
    /// Whose answers it holds.
    pub answers_of: String,
    /// When it was begun.
    pub created: String,
    /// How large the file is.
    pub bytes: u64,
    /// How many answers it has.
    pub answers: u64,
    /// When the oldest of them came, RFC 3339; empty when there is none.
    pub oldest: String,
    /// When the youngest came.
    pub youngest: String,
    /// Answers by product, and whether the provider's cache was bypassed.
    pub by_product: BTreeMap<String, u64>,
    /// Answers by age, youngest first.
    pub by_age: Vec<(String, u64)>,
    /// Answers by status.
    pub by_status: BTreeMap<String, u64>,
    /// Answers by result.
    pub by_result: BTreeMap<String, u64>,
    /// Answers by country of the network where that is known, else of the number, most first.
    pub by_country: Vec<(String, u64)>,
    /// Answers by network, where one was named, most first.
    pub by_network: Vec<Place>,
}

/// How many answers name a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// MCC and MNC.
    pub network: String,
    /// The operator's name, where it is known.
    pub name: Option<&'static str>,
    /// The network's country, where it is known.
    pub country: Option<&'static str>,
    /// How many answers.
    pub answers: u64,
}

/// What is counted along the way.
#[derive(Default)]
struct Tally {
    ages: [u64; AGES.len() + 1],
    countries: HashMap<&'static str, u64>,
    networks: HashMap<Plmn, u64>,
    span: Option<(UtcMillis, UtcMillis)>,
}

impl Stats {
    /// Reads the whole ledger; every answer's checksum is looked at.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is damaged.
    pub fn read(ledger_file: &LedgerFile, now: UtcMillis) -> Result<Self, LedgerError> {
        let about = |word| Ok::<_, LedgerError>(ledger_file.about(word)?.unwrap_or_default());
        let mut stats = Self {
            format: about("format")?,
            answers_of: about("answers")?,
            created: about("created")?,
            bytes: ledger_file.bytes(),
            ..Self::default()
        };
        let mut tally = Tally::default();
        ledger_file.read_through(|entry| stats.count(entry, &mut tally, now))?;
        stats.finish(tally);
        Ok(stats)
    }

    fn count(&mut self, entry: &Entry, tally: &mut Tally, now: UtcMillis) {
        self.answers += 1;
        let answer = &entry.answered.answer;
        let count = |counts: &mut BTreeMap<String, u64>, word: &str| match counts.get_mut(word) {
            Some(count) => *count += 1,
            None => {
                counts.insert(word.to_owned(), 1);
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
        count(&mut self.by_result, answer.result.text());

        let moment = entry.answered.checked_at;
        let days = (now.0 - moment.0) / (24 * 3_600_000);
        tally.ages[AGES.iter().position(|(most, _)| days < *most).unwrap_or(AGES.len())] += 1;
        let (oldest, youngest) = tally.span.unwrap_or((moment, moment));
        tally.span = Some((oldest.min(moment), youngest.max(moment)));
        let by_network = answer.network.and_then(numbering::network_country);
        let country = by_network.or_else(|| numbering::number_country(entry.msisdn));
        *tally.countries.entry(country.unwrap_or("??")).or_default() += 1;
        if let Some(network) = answer.network {
            *tally.networks.entry(network).or_default() += 1;
        }
    }

    fn finish(&mut self, tally: Tally) {
        if let Some((oldest, youngest)) = tally.span {
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
        let place = |(network, answers): (Plmn, u64)| Place {
            network: format!("{}-{}", network.mcc_text(), network.mnc_text()),
            name: numbering::network_name(network),
            country: numbering::network_country(network),
            answers,
        };
        self.by_network = networks.into_iter().map(place).collect();
    }
}
