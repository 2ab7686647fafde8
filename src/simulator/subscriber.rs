//! The ground truth about a number: the service's final answer, whatever faults come before it.

use crate::model::{Answer, CallingCode, LookupResult, Msisdn, Plmn, Product, Unreadable};

use super::networks;
use super::rng::{ANY_ATTEMPT, Draw, Rng, Shares};
use super::settings::{SimulatorSettings, SubscriberShares};

/// The number of the interface document's request example.
const DOCUMENTED_REQUEST: u64 = 46_708_100_100;
/// The number of the interface document's transcript, answered there with a network and no
/// location.
const DOCUMENTED_TRANSCRIPT: u64 = 46_708_100_200;

/// The final answer of every number: a pure function of seed, number and product.
///
/// The two numbers of the interface document have the answers shown there, with every seed.
#[derive(Clone, Debug)]
pub struct GroundTruth {
    seed: u64,
    product: Product,
    results: Shares<LookupResult>,
    subscribers: SubscriberShares,
    accepted_prefixes: Vec<String>,
}

impl GroundTruth {
    /// The answers that follow from these settings.
    #[must_use]
    pub fn new(settings: &SimulatorSettings) -> Self {
        let results = settings.results.iter().map(|(text, share)| (LookupResult::from_text(text), *share));
        Self {
            seed: settings.seed,
            product: settings.product,
            results: Shares::new(results),
            subscribers: settings.subscribers,
            accepted_prefixes: settings.accepted_prefixes.clone(),
        }
    }

    /// The final answer of this number.
    #[must_use]
    pub fn answer(&self, msisdn: Msisdn) -> Answer {
        self.subscriber(msisdn).answer
    }

    pub(super) fn subscriber(&self, msisdn: Msisdn) -> Subscriber {
        if let Some(answer) = self.documented(msisdn) {
            return Subscriber { answer, home_network: None, full_imsi: None };
        }
        let rng = Rng::new(self.seed, msisdn, ANY_ATTEMPT);
        let origin = networks::origin_of(msisdn);
        let network = origin.networks[rng.below(origin.networks.len(), Draw::HomeNetwork)];
        let result = if self.accepts(msisdn) {
            self.results.pick(rng.share(Draw::FinalResult)).unwrap_or(&LookupResult::Ok).clone()
        } else {
            LookupResult::RangeNotAccepted
        };
        if result != LookupResult::Ok {
            return Subscriber { answer: Answer::bare(result), home_network: Some(network), full_imsi: None };
        }
        let location = self.location(rng, origin.calling_code);
        let answer = Answer { result, network: Some(network), location, unreadable: Unreadable::default() };
        let has_full_imsi = rng.share(Draw::HasFullImsi) < self.subscribers.full_imsi;
        let full_imsi = has_full_imsi.then(|| rng.value(Draw::ImsiTail));
        Subscriber { answer, home_network: Some(network), full_imsi }
    }

    /// Whether this is one of the interface document's own numbers, which never meet a fault.
    pub(super) fn is_documented(msisdn: Msisdn) -> bool {
        matches!(msisdn.get(), DOCUMENTED_REQUEST | DOCUMENTED_TRANSCRIPT)
    }

    fn documented(&self, msisdn: Msisdn) -> Option<Answer> {
        let (network, location) = match (msisdn.get(), self.product) {
            (DOCUMENTED_TRANSCRIPT, _) => ("24004", None),
            (DOCUMENTED_REQUEST, Product::Portability) => ("24008", None),
            (DOCUMENTED_REQUEST, Product::RealTime) => ("24008", CallingCode::new(46)),
            _ => return None,
        };
        let network = Plmn::from_digits(network);
        Some(Answer { network, location, ..Answer::bare(LookupResult::Ok) })
    }

    fn accepts(&self, msisdn: Msisdn) -> bool {
        let prefixes = &self.accepted_prefixes;
        prefixes.is_empty() || prefixes.iter().any(|prefix| msisdn.digits().starts_with(prefix.as_str()))
    }

    /// Most often the number's own country. A number without one is always abroad.
    fn location(&self, rng: Rng, own: Option<CallingCode>) -> Option<CallingCode> {
        let may_lack = self.product == Product::Portability;
        if may_lack && rng.share(Draw::LacksLocation) < self.subscribers.no_location {
            return None;
        }
        let roams = rng.share(Draw::Roams) < self.subscribers.roaming;
        if let Some(own) = own
            && !roams
        {
            return Some(own);
        }
        let codes = networks::calling_codes();
        let first = rng.below(codes.len(), Draw::RoamsTo);
        (0..codes.len()).map(|step| codes[(first + step) % codes.len()]).find(|code| Some(*code) != own)
    }
}

/// What is known about one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscriber {
    /// Its final answer.
    pub(super) answer: Answer,
    /// The network it belongs to, even where the answer does not say so.
    pub(super) home_network: Option<Plmn>,
    /// The source of the last digits of the IMSI, where all fifteen digits are sent.
    pub(super) full_imsi: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::final_answer;

    const NUMBERS: u64 = 100_000;

    fn numbers() -> impl Iterator<Item = Msisdn> {
        (0..NUMBERS).map(|n| Msisdn::new(46_700_000_000 + n).unwrap())
    }

    fn share_of(truth: &GroundTruth, matches: impl Fn(&Answer) -> bool) -> f64 {
        numbers().filter(|msisdn| matches(&truth.answer(*msisdn))).count() as f64 / NUMBERS as f64
    }

    #[test]
    fn results_come_in_their_shares() {
        let mut settings = SimulatorSettings::default();
        settings.results.insert("HLR_ON_FIRE".into(), 0.02);
        let truth = GroundTruth::new(&settings);
        let mut rest = 1.0;
        for (text, share) in &settings.results {
            let found = share_of(&truth, |answer| answer.result.text() == text);
            assert!((found - share).abs() < 0.003, "{text}: {found}");
            rest -= share;
        }
        assert!((share_of(&truth, |answer| answer.result == LookupResult::Ok) - rest).abs() < 0.005);
    }

    #[test]
    fn answers_depend_on_the_seed_and_on_nothing_else() {
        let settings = SimulatorSettings::default();
        let other = SimulatorSettings { seed: 2, ..settings.clone() };
        let answers: Vec<Answer> = numbers().take(500).map(|m| final_answer(&settings, m)).collect();
        assert_eq!(answers, numbers().take(500).map(|m| final_answer(&settings, m)).collect::<Vec<_>>());
        assert_ne!(answers, numbers().take(500).map(|m| final_answer(&other, m)).collect::<Vec<_>>());
    }

    #[test]
    fn real_time_always_has_a_location_and_portability_not_always() {
        let calm = SimulatorSettings { results: Default::default(), ..SimulatorSettings::default() };
        let real_time = GroundTruth::new(&calm);
        let portability = GroundTruth::new(&SimulatorSettings { product: Product::Portability, ..calm });
        let lacks = |truth: &GroundTruth| share_of(truth, |answer| answer.location.is_none());
        assert!(lacks(&real_time) < 0.000_1, "only the number of the transcript");
        assert!((lacks(&portability) - 0.5).abs() < 0.01);
        let abroad = share_of(&real_time, |answer| answer.location != CallingCode::new(46));
        assert!((abroad - 0.05).abs() < 0.003, "{abroad}");
    }

    #[test]
    fn only_ok_has_a_network() {
        let truth = GroundTruth::new(&SimulatorSettings::default());
        for msisdn in numbers().take(5_000) {
            let answer = truth.answer(msisdn);
            assert_eq!(answer.result == LookupResult::Ok, answer.network.is_some());
            assert!(answer.network.is_none_or(|network| network.mcc() == 240));
        }
    }

    #[test]
    fn a_number_outside_the_accepted_prefixes_is_not_accepted() {
        let settings = SimulatorSettings {
            accepted_prefixes: vec!["46".into(), "471".into()],
            ..SimulatorSettings::calm()
        };
        let result = |digits| final_answer(&settings, Msisdn::new(digits).unwrap()).result;
        assert_eq!(result(46_700_000_001), LookupResult::Ok);
        assert_eq!(result(47_100_000_001), LookupResult::Ok);
        assert_eq!(result(47_200_000_001), LookupResult::RangeNotAccepted);
    }
}
