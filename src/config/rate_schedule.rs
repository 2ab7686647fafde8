//! Rates by time of day: a provider may allow more at night.

use std::collections::BTreeMap;

use jiff::civil::Time;

use super::diagnostics::Problem;
use super::effective::EffectiveSettings;
use super::resolver::{ConfigResolver, Resolved};
use crate::lookup::Rate;

/// A rate, and other rates for some times of the day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RatePlan {
    /// The rate outside the times of the schedule.
    pub(crate) otherwise: Option<Rate>,
    /// Start, end and rate, in local time; may go past midnight. The first match counts.
    times: Vec<(Time, Time, Rate)>,
}

impl RatePlan {
    /// The schedule of the configuration, with `otherwise` as the rate outside it.
    pub(crate) fn resolve(
        resolver: &mut ConfigResolver,
        otherwise: Option<Rate>,
        effective: &mut EffectiveSettings,
    ) -> Resolved<Self> {
        let raw: BTreeMap<String, f64> = match resolver.flag_wins("rate", "rate_schedule") {
            true => BTreeMap::new(),
            false => resolver.raw.rate_schedule.clone().unwrap_or_default(),
        };
        if !raw.is_empty() {
            let times: Vec<String> = raw.iter().map(|(span, rate)| format!("{rate}/s {span}")).collect();
            effective.note("rate_schedule", times.join(", "), resolver.origin("rate_schedule", "default"));
        }
        let mut times = Vec::new();
        let mut checked = Ok(());
        for (span, rate) in &raw {
            let parsed = Self::parse(span).and_then(|(from, to)| {
                let rate = Rate::per_second(*rate);
                let rate = rate.map_err(|error| Problem::new(format!("{span}: {error}")))?;
                Ok((from, to, rate))
            });
            match resolver.check("rate_schedule", parsed) {
                Ok(time) => times.push(time),
                Err(reported) => checked = Err(reported),
            }
        }
        checked.map(|()| Self { otherwise, times })
    }

    fn parse(span: &str) -> Result<(Time, Time), Problem> {
        let time = |text: &str| text.trim().parse::<Time>().ok();
        let ends = span.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        ends.filter(|(from, to)| from != to).ok_or_else(|| {
            Problem::new(format!("{span:?} is not a span of the day"))
                .with_help("write \"22:00-06:00\", in local time")
        })
    }

    /// The rate at this time of day.
    pub(crate) fn at(&self, now: Time) -> Option<Rate> {
        let is_within = |(from, to, _): &&(Time, Time, Rate)| match from < to {
            true => (*from..*to).contains(&now),
            false => now >= *from || now < *to,
        };
        self.times.iter().find(is_within).map(|(.., rate)| *rate).or(self.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Location;

    fn rate(per_second: f64) -> Rate {
        Rate::per_second(per_second).unwrap()
    }

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_span_may_go_past_midnight() {
        let times =
            vec![(time("22:00"), time("06:00"), rate(2_000.0)), (time("12:00"), time("13:30"), rate(500.0))];
        let plan = RatePlan { otherwise: Some(rate(50.0)), times };
        for (now, expected) in [
            ("22:00", 2_000.0),
            ("23:59:59", 2_000.0),
            ("00:00", 2_000.0),
            ("05:59:59", 2_000.0),
            ("06:00", 50.0),
            ("12:00", 500.0),
            ("13:30", 50.0),
            ("21:59:59", 50.0),
        ] {
            assert_eq!(plan.at(time(now)), Some(rate(expected)), "{now}");
        }
    }

    #[test]
    fn an_invalid_span_is_refused_with_an_example() {
        for span in ["22:00", "25:00-06:00", "night", "06:00-06:00"] {
            let problem = RatePlan::parse(span).unwrap_err().at(Location::Nowhere);
            assert!(problem.help.unwrap().contains("22:00-06:00"), "{span}");
        }
        assert_eq!(RatePlan::parse("22:00-06:00"), Ok((time("22:00"), time("06:00"))));
    }
}
