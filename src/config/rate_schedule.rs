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
    /// Start, end and rate, in local time; may go past midnight. No two of them overlap.
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
        if checked.is_ok()
            && let Some((one, other)) = overlap(&times)
        {
            let problem = Problem::new(format!("{one} and {other} overlap")).with_help(
                "at any time of the day, one rate applies: let one span end where the next begins",
            );
            checked = Err(resolver.report("rate_schedule", problem));
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
        let span = self.times.iter().find(|span| is_within(span, now));
        span.map(|(.., rate)| *rate).or(self.otherwise)
    }
}

/// Two spans with a moment in common, as texts.
fn overlap(times: &[(Time, Time, Rate)]) -> Option<(String, String)> {
    // Two spans of a circle have a moment in common if the beginning of one is within the other.
    let begins_within = |(from, ..): &(Time, Time, Rate), span: &(Time, Time, Rate)| is_within(span, *from);
    let text = |(from, to, _): &(Time, Time, Rate)| format!("{}-{}", short(*from), short(*to));
    let pairs = (0..times.len()).flat_map(|one| (0..one).map(move |other| (other, one)));
    let mut pairs = pairs.map(|(one, other)| (&times[one], &times[other]));
    let overlapping = pairs.find(|(one, other)| begins_within(one, other) || begins_within(other, one));
    overlapping.map(|(one, other)| (text(one), text(other)))
}

/// The time of day, without seconds if there are none.
fn short(time: Time) -> String {
    time.strftime(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

fn is_within((from, to, _): &(Time, Time, Rate), now: Time) -> bool {
    match from < to {
        true => (*from..*to).contains(&now),
        false => now >= *from || now < *to,
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
    fn spans_that_overlap_are_found() {
        let spans = |texts: &[&str]| {
            let span = |text: &&str| RatePlan::parse(text).map(|(from, to)| (from, to, rate(1.0))).unwrap();
            overlap(&texts.iter().map(span).collect::<Vec<_>>())
        };
        for apart in [
            &["22:00-06:00", "06:00-22:00"][..],
            &["00:00-06:00", "12:00-13:00", "13:00-00:00"],
            &["23:00-01:00", "01:00-02:00"],
        ] {
            assert_eq!(spans(apart), None, "{apart:?}");
        }
        for (together, one, other) in [
            (&["22:00-06:00", "05:59-07:00"][..], "22:00-06:00", "05:59-07:00"),
            (&["08:00-20:00", "09:00-10:00"], "08:00-20:00", "09:00-10:00"),
            (&["09:00-10:00", "08:00-20:00"], "09:00-10:00", "08:00-20:00"),
            (&["22:00-06:00", "23:00-05:00:30"], "22:00-06:00", "23:00-05:00:30"),
            (&["09:00-10:00", "09:00:00-10:00"], "09:00-10:00", "09:00-10:00"),
            (&["01:00-02:00", "03:00-04:00", "03:30-01:30"], "01:00-02:00", "03:30-01:30"),
        ] {
            assert_eq!(spans(together), Some((one.to_owned(), other.to_owned())), "{together:?}");
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
