//! Finds everything that is wrong with settings.

use super::{Authentication, PerNumberAccount, ShapeShares, SimulatorSettings, SlowNetwork, Transient};
use crate::model::Plmn;

impl SimulatorSettings {
    /// Every reason why these settings cannot be used, each a sentence that names the key.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !self.listen.ip().is_loopback() {
            problems.push(format!("listen: {} is not a loopback address; use 127.0.0.1", self.listen.ip()));
        }
        if let Authentication::Basic { username, .. } = &self.authentication
            && username.contains(':')
        {
            problems.push("authentication: a user name cannot contain a colon".into());
        }
        self.shares_add_up(&mut problems);
        self.results_can_be_sent(&mut problems);
        for prefix in &self.accepted_prefixes {
            prefix_is_digits("accepted_prefixes", prefix, &mut problems);
        }
        for prefix in &self.forbidden_prefixes {
            prefix_is_digits("forbidden_prefixes", prefix, &mut problems);
        }
        for slow in &self.slow_networks {
            slow_network_is_named(slow, &mut problems);
        }
        for outage in &self.outages {
            if outage.from >= outage.to {
                problems.push("outages: `from` must be before `to`".into());
            }
        }
        if self.limits.per_second == Some(0) || self.limits.ongoing == Some(0) {
            problems.push("limits: a limit must be at least 1; leave it out for no limit".into());
        }
        if self.connections.requests == Some(0) {
            problems.push("connections: `requests` must be at least 1".into());
        }
        if self.per_number_account == PerNumberAccount::Off && self.needs_attempts() {
            problems.push(
                "per_number_account: must be \"kept\" with faults, transient results or unusual shapes"
                    .into(),
            );
        }
        problems
    }

    fn shares_add_up(&self, problems: &mut Vec<String>) {
        let shapes = &self.shapes;
        let subscribers = &self.subscribers;
        shares_are_parts_of_one("results", self.results.values().copied(), problems);
        shares_are_parts_of_one("faults", self.faults.by_fault().map(|(_, share)| share), problems);
        shares_are_parts_of_one("transient: `share`", [self.transient.share], problems);
        shares_are_parts_of_one("subscribers: `roaming`", [subscribers.roaming], problems);
        shares_are_parts_of_one("subscribers: `full_imsi`", [subscribers.full_imsi], problems);
        shares_are_parts_of_one("subscribers: `no_location`", [subscribers.no_location], problems);
        shares_are_parts_of_one("shapes: framing", shapes.of_framing(), problems);
        shares_are_parts_of_one("shapes: wording", shapes.of_wording(), problems);
    }

    fn results_can_be_sent(&self, problems: &mut Vec<String>) {
        for text in self.results.keys().chain(&self.transient.results) {
            if text.is_empty()
                || text.bytes().any(|byte| !matches!(byte, b' '..=b'~') || b";=".contains(&byte))
            {
                problems.push(format!(
                    "results: {text:?} cannot be sent; use printable ASCII without `;` and `=`"
                ));
            }
            if text == "REQUEST_THROTTLED" {
                problems.push(
                    "results: REQUEST_THROTTLED is not a result of a number; use limits.ongoing".into(),
                );
            }
        }
        let Transient { share, results } = &self.transient;
        if *share > 0.0 && (results.is_empty() || self.faulty_attempts == 0) {
            problems.push(
                "transient: needs at least one text in `results`, and `faulty_attempts` above 0".into(),
            );
        }
    }

    fn needs_attempts(&self) -> bool {
        let shapes = self.shapes.of_framing().into_iter().chain(self.shapes.of_wording());
        let faults = self.faults.by_fault().map(|(_, share)| share);
        self.transient.share > 0.0 || shapes.chain(faults).any(|share| share > 0.0)
    }
}

impl ShapeShares {
    fn of_framing(&self) -> [f64; 5] {
        [self.chunked, self.http_1_0, self.connection_close, self.lower_case_headers, self.split]
    }

    fn of_wording(&self) -> [f64; 7] {
        [
            self.reordered,
            self.unknown_field,
            self.empty_field,
            self.line_feed,
            self.carriage_return,
            self.latin_1,
            self.byte_order_mark,
        ]
    }
}

fn shares_are_parts_of_one(key: &str, shares: impl IntoIterator<Item = f64>, problems: &mut Vec<String>) {
    const ROUNDING: f64 = 1e-9;
    let mut sum = 0.0;
    for share in shares {
        if !(0.0..=1.0).contains(&share) {
            problems.push(format!("{key}: {share} is not a share from 0 to 1"));
        }
        sum += share;
    }
    if sum > 1.0 + ROUNDING {
        problems.push(format!("{key}: the shares add up to {sum}, which is more than 1"));
    }
}

fn slow_network_is_named(slow: &SlowNetwork, problems: &mut Vec<String>) {
    match (&slow.network, &slow.prefix) {
        (Some(network), None) if Plmn::from_digits(network).is_none() => {
            problems.push(format!("slow_networks: {network:?} is not an MCC and MNC of five or six digits"));
        }
        (Some(_), None) => {}
        (None, Some(prefix)) => prefix_is_digits("slow_networks", prefix, problems),
        _ => problems.push("slow_networks: each needs either `network` or `prefix`".into()),
    }
}

fn prefix_is_digits(key: &str, prefix: &str, problems: &mut Vec<String>) {
    if prefix.is_empty() || prefix.len() > 15 || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        problems.push(format!("{key}: {prefix:?} is not a prefix of a number; use 1 to 15 digits without +"));
    }
}

#[cfg(test)]
mod tests {
    use crate::simulator::settings::*;

    #[test]
    fn the_presets_have_no_problems() {
        for settings in [SimulatorSettings::default(), SimulatorSettings::calm(), SimulatorSettings::stormy()]
        {
            assert_eq!(settings.problems(), Vec::<String>::new());
        }
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let mut settings = SimulatorSettings {
            listen: "192.0.2.1:3700".parse().unwrap(),
            accepted_prefixes: vec!["+46".into()],
            slow_networks: vec![SlowNetwork::default()],
            per_number_account: PerNumberAccount::Off,
            ..SimulatorSettings::stormy()
        };
        settings.results.insert("OK".into(), 0.9);
        settings.faults.stall = -1.0;
        let problems = settings.problems();
        let keys =
            ["listen:", "results:", "faults:", "accepted_prefixes:", "slow_networks:", "per_number_account:"];
        for key in keys {
            assert!(problems.iter().any(|problem| problem.starts_with(key)), "{key} {problems:?}");
        }
        assert_eq!(problems.len(), keys.len(), "{problems:?}");
    }
}
