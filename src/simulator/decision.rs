//! The outcome of one attempt at one number: a pure function of the settings, the number and the
//! attempt.
//!
//! Limits and outages are not decided here, because they depend on time and on other requests.

use std::time::Duration;

use crate::model::{Answer, LookupResult, Msisdn, Plmn};

use super::rng::{Draw, Rng, Shares};
use super::settings::{Fault, Latency, ShapeShares, SimulatorSettings};
use super::subscriber::{GroundTruth, Subscriber};

/// The 99th percentile of the normal distribution, in standard deviations.
const Z_OF_P99: f64 = 2.326_347_874;
/// No lookup takes longer than this many times the 99th percentile.
const MAX_LATENCY_IN_P99: u32 = 4;

/// The settings, prepared for quick decisions.
pub(super) struct Behaviour {
    seed: u64,
    ground_truth: GroundTruth,
    latency: Latency,
    slow: Vec<(NumberMatcher, Latency)>,
    transient_share: f64,
    transient_results: Vec<LookupResult>,
    faulty_attempts: u16,
    faults: Shares<Fault>,
    stall_for: Option<Duration>,
    framings: Shares<Framing>,
    wordings: Shares<Wording>,
}

enum NumberMatcher {
    Network(Plmn),
    Prefix(String),
}

/// What happens to an attempt.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decision {
    /// How long the lookup takes.
    pub(super) latency: Duration,
    /// How it ends.
    pub(super) outcome: AttemptOutcome,
}

/// How an attempt ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum AttemptOutcome {
    /// An answer, perhaps after a stall.
    Answer(Reply),
    /// The answer, in a way that breaks the rules of HTTP.
    Misdelivered(Reply, Fault),
    /// Anything else.
    Fault(Fault),
}

/// An answer, and how it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// See [`Subscriber::full_imsi`].
    pub(super) full_imsi: Option<u64>,
    pub(super) finality: Finality,
    pub(super) framing: Framing,
    pub(super) wording: Wording,
}

/// Whether a later attempt would get another answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finality {
    Final,
    Transient,
}

/// How HTTP carries the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Plain,
    Chunked,
    Http10,
    ConnectionClose,
    LowerCaseHeaders,
    Split,
}

/// How the answer is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wording {
    Plain,
    Reordered,
    UnknownField,
    EmptyField,
    LineFeed,
    CarriageReturn,
    Latin1,
    ByteOrderMark,
}

impl Behaviour {
    pub(super) fn new(settings: &SimulatorSettings) -> Self {
        let slow = settings.slow_networks.iter().filter_map(|slow| {
            let network = slow.network.as_deref().and_then(Plmn::from_digits).map(NumberMatcher::Network);
            let matcher = network.or_else(|| slow.prefix.clone().map(NumberMatcher::Prefix))?;
            Some((matcher, slow.latency))
        });
        let transient_results = settings.transient.results.iter().map(|text| LookupResult::from_text(text));
        Self {
            seed: settings.seed,
            ground_truth: GroundTruth::new(settings),
            latency: settings.latency,
            slow: slow.collect(),
            transient_share: settings.transient.share,
            transient_results: transient_results.collect(),
            faulty_attempts: settings.faulty_attempts,
            faults: Shares::new(settings.faults.by_fault()),
            stall_for: settings.stall_for,
            framings: framings(&settings.shapes),
            wordings: wordings(&settings.shapes),
        }
    }

    pub(super) fn ground_truth(&self) -> &GroundTruth {
        &self.ground_truth
    }

    /// What another number than this one would get.
    pub(super) fn answer_of_another(&self, msisdn: Msisdn) -> Reply {
        let other = Msisdn::new(msisdn.get() ^ 1).unwrap_or(msisdn);
        Reply::plain(self.ground_truth.subscriber(other))
    }

    /// Decides about an attempt; a number's first attempt is 1.
    pub(super) fn decide(&self, msisdn: Msisdn, attempt: u16) -> Decision {
        let subscriber = self.ground_truth.subscriber(msisdn);
        if GroundTruth::is_documented(msisdn) {
            return Decision {
                latency: Duration::ZERO,
                outcome: AttemptOutcome::Answer(Reply::plain(subscriber)),
            };
        }
        let rng = Rng::new(self.seed, msisdn, attempt);
        let latency = self.latency(msisdn, &subscriber, rng);
        if attempt <= self.faulty_attempts {
            if let Some(fault) = self.fault(rng) {
                if let (Fault::Stall, Some(latency)) = (fault, self.stall_for) {
                    return Decision { latency, outcome: AttemptOutcome::Answer(Reply::plain(subscriber)) };
                }
                if fault.is_misdelivery() {
                    let outcome = AttemptOutcome::Misdelivered(Reply::plain(subscriber), fault);
                    return Decision { latency, outcome };
                }
                let latency = if fault.is_looked_up() { latency } else { Duration::ZERO };
                return Decision { latency, outcome: AttemptOutcome::Fault(fault) };
            }
            if let Some(result) = self.transient(msisdn, attempt, rng) {
                let outcome = AttemptOutcome::Answer(self.shaped(Reply::transient(result), rng));
                return Decision { latency, outcome };
            }
        }
        Decision { latency, outcome: AttemptOutcome::Answer(self.shaped(Reply::plain(subscriber), rng)) }
    }

    fn fault(&self, rng: Rng) -> Option<Fault> {
        if self.faults.is_empty() {
            return None;
        }
        self.faults.pick(rng.share(Draw::Fault)).copied()
    }

    fn transient(&self, msisdn: Msisdn, attempt: u16, rng: Rng) -> Option<LookupResult> {
        if self.transient_share <= 0.0 {
            return None;
        }
        let number = Rng::new(self.seed, msisdn, crate::simulator::rng::ANY_ATTEMPT);
        if number.share(Draw::IsTransient) >= self.transient_share {
            return None;
        }
        let attempts = 1 + number.below(usize::from(self.faulty_attempts), Draw::TransientAttempts);
        if usize::from(attempt) > attempts {
            return None;
        }
        let result = rng.below(self.transient_results.len(), Draw::TransientResult);
        Some(self.transient_results[result].clone())
    }

    fn shaped(&self, mut reply: Reply, rng: Rng) -> Reply {
        if !self.framings.is_empty() {
            let framing = self.framings.pick(rng.share(Draw::Framing));
            reply.framing = framing.copied().unwrap_or(Framing::Plain);
        }
        if !self.wordings.is_empty() {
            let wording = self.wordings.pick(rng.share(Draw::Wording));
            reply.wording = wording.copied().unwrap_or(Wording::Plain);
        }
        reply
    }

    fn latency(&self, msisdn: Msisdn, subscriber: &Subscriber, rng: Rng) -> Duration {
        let slow = self.slow.iter().find(|(matcher, _)| match matcher {
            NumberMatcher::Network(network) => subscriber.home_network == Some(*network),
            NumberMatcher::Prefix(prefix) => msisdn.digits().starts_with(prefix.as_str()),
        });
        draw_latency(slow.map_or(self.latency, |(_, latency)| *latency), rng)
    }
}

impl Reply {
    fn plain(subscriber: Subscriber) -> Self {
        let Subscriber { answer, full_imsi, .. } = subscriber;
        let (framing, wording) = (Framing::Plain, Wording::Plain);
        Self { answer, full_imsi, finality: Finality::Final, framing, wording }
    }

    fn transient(result: LookupResult) -> Self {
        Self { finality: Finality::Transient, ..Self::bare(result) }
    }

    /// A result and nothing else, in the usual form.
    pub(super) fn bare(result: LookupResult) -> Self {
        Self::plain(Subscriber { answer: Answer::bare(result), home_network: None, full_imsi: None })
    }
}

/// Draws from a log-normal distribution, by the method of Box and Muller.
fn draw_latency(latency: Latency, rng: Rng) -> Duration {
    let Latency { median, p99 } = latency;
    if p99 <= median || median.is_zero() {
        return median;
    }
    let radius = (-2.0 * (1.0 - rng.share(Draw::LatencyRadius)).ln()).sqrt();
    let angle = std::f64::consts::TAU * rng.share(Draw::LatencyAngle);
    let sigma = (p99.as_secs_f64() / median.as_secs_f64()).ln() / Z_OF_P99;
    let seconds = median.as_secs_f64() * (sigma * radius * angle.cos()).exp();
    Duration::from_secs_f64(seconds.min((p99 * MAX_LATENCY_IN_P99).as_secs_f64()))
}

fn framings(shares: &ShapeShares) -> Shares<Framing> {
    Shares::new([
        (Framing::Chunked, shares.chunked),
        (Framing::Http10, shares.http_1_0),
        (Framing::ConnectionClose, shares.connection_close),
        (Framing::LowerCaseHeaders, shares.lower_case_headers),
        (Framing::Split, shares.split),
    ])
}

fn wordings(shares: &ShapeShares) -> Shares<Wording> {
    Shares::new([
        (Wording::Reordered, shares.reordered),
        (Wording::UnknownField, shares.unknown_field),
        (Wording::EmptyField, shares.empty_field),
        (Wording::LineFeed, shares.line_feed),
        (Wording::CarriageReturn, shares.carriage_return),
        (Wording::Latin1, shares.latin_1),
        (Wording::ByteOrderMark, shares.byte_order_mark),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::settings::SlowNetwork;

    const NUMBERS: u64 = 100_000;

    fn numbers() -> impl Iterator<Item = Msisdn> {
        (0..NUMBERS).map(|n| Msisdn::new(46_700_000_000 + n).unwrap())
    }

    fn share_of_first_attempts(behaviour: &Behaviour, matches: impl Fn(&Decision) -> bool) -> f64 {
        let matching = numbers().filter(|msisdn| matches(&behaviour.decide(*msisdn, 1))).count();
        matching as f64 / NUMBERS as f64
    }

    #[test]
    fn faults_and_transient_answers_come_in_their_shares() {
        let settings = SimulatorSettings::stormy();
        let behaviour = Behaviour::new(&settings);
        for (fault, share) in settings.faults.by_fault() {
            let found = share_of_first_attempts(&behaviour, |decision| {
                decision.outcome == AttemptOutcome::Fault(fault)
            });
            assert!((found - share).abs() < 0.001_5, "{}: {found}", fault.text());
        }
        let faultless = Behaviour::new(&SimulatorSettings { faults: Default::default(), ..settings });
        let is_transient = |decision: &Decision| matches!(&decision.outcome, AttemptOutcome::Answer(reply) if reply.finality == Finality::Transient);
        let found = share_of_first_attempts(&faultless, is_transient);
        assert!((found - 0.2).abs() < 0.005, "{found}");
    }

    #[test]
    fn unusual_shapes_come_in_their_shares() {
        let shapes = ShapeShares { chunked: 0.25, latin_1: 0.5, ..ShapeShares::default() };
        let behaviour = Behaviour::new(&SimulatorSettings { shapes, ..SimulatorSettings::calm() });
        let both = |decision: &Decision| {
            matches!(&decision.outcome, AttemptOutcome::Answer(reply)
                if reply.framing == Framing::Chunked && reply.wording == Wording::Latin1)
        };
        let found = share_of_first_attempts(&behaviour, both);
        assert!((found - 0.125).abs() < 0.005, "framing and wording are independent: {found}");
    }

    #[test]
    fn a_decision_can_be_replayed() {
        let (one, other) =
            (Behaviour::new(&SimulatorSettings::stormy()), Behaviour::new(&SimulatorSettings::stormy()));
        for msisdn in numbers().take(2_000) {
            for attempt in [3, 1, 2] {
                assert_eq!(one.decide(msisdn, attempt), other.decide(msisdn, attempt));
            }
        }
    }

    #[test]
    fn after_the_faulty_attempts_a_number_gets_its_final_answer() {
        let settings = SimulatorSettings {
            faulty_attempts: 3,
            transient: crate::simulator::settings::Transient { share: 1.0, ..Default::default() },
            ..SimulatorSettings::stormy()
        };
        let behaviour = Behaviour::new(&settings);
        let mut attempts_needed = [0_u32; 5];
        for msisdn in numbers().take(5_000) {
            let first_final = (1..=4).find(|attempt| {
                matches!(behaviour.decide(msisdn, *attempt).outcome, AttemptOutcome::Answer(reply)
                    if reply.finality == Finality::Final && reply.answer == behaviour.ground_truth().answer(msisdn))
            });
            attempts_needed[usize::from(first_final.expect("the fourth attempt passes"))] += 1;
        }
        assert_eq!(attempts_needed[1], 0);
        assert!(attempts_needed[2..].iter().all(|count| *count > 1_000), "{attempts_needed:?}");
    }

    #[test]
    fn latency_has_the_median_and_the_tail_of_the_settings() {
        let latency = Latency { median: Duration::from_millis(100), p99: Duration::from_secs(1) };
        let behaviour = Behaviour::new(&SimulatorSettings { latency, ..SimulatorSettings::calm() });
        let slower = |bound| share_of_first_attempts(&behaviour, |decision| decision.latency > bound);
        assert!((slower(latency.median) - 0.5).abs() < 0.005);
        assert!((slower(latency.p99) - 0.01).abs() < 0.001);
        assert_eq!(slower(latency.p99 * MAX_LATENCY_IN_P99), 0.0);
    }

    #[test]
    fn slow_networks_are_slow_by_prefix_or_by_code() {
        let eight = Duration::from_secs(8);
        let latency = Latency { median: eight, p99: eight };
        let prefix = SlowNetwork { prefix: Some("46700001".into()), latency, ..Default::default() };
        let network = SlowNetwork { network: Some("24008".into()), latency, ..Default::default() };
        let slow = |slow: SlowNetwork| {
            let settings = SimulatorSettings { slow_networks: vec![slow], ..SimulatorSettings::calm() };
            share_of_first_attempts(&Behaviour::new(&settings), |decision| decision.latency == eight)
        };
        assert_eq!(slow(prefix), 0.01);
        assert!((slow(network) - 0.25).abs() < 0.01);
    }
}
