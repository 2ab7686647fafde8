//! How fast, by the time of day: a provider may give more at night.

use std::collections::BTreeMap;

use jiff::civil::Time;

use super::effective::EffectiveSettings;
use super::resolver::ConfigResolver;
use crate::lookup::Rate;

/// A rate, and others for some times of the day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RatePlan {
    /// The rate when no time of the schedule says otherwise.
    pub(crate) otherwise: Option<Rate>,
    /// From when to when, local time; may go past midnight. The first that fits counts.
    times: Vec<(Time, Time, Rate)>,
}

impl RatePlan {
    /// The plan that was written, `otherwise` being the rate. `None` leaves a problem.
    pub(crate) fn read(
        reading: &mut ConfigResolver,
        otherwise: Option<Rate>,
        choices: &mut EffectiveSettings,
    ) -> Option<Self> {
        let written: BTreeMap<String, f64> = match reading.flag_wins("rate", "rate_schedule") {
            true => BTreeMap::new(),
            false => reading.written.rate_schedule.clone().unwrap_or_default(),
        };
        if !written.is_empty() {
            let times: Vec<String> = written.iter().map(|(span, rate)| format!("{rate}/s {span}")).collect();
            choices.note("rate_schedule", times.join(", "), reading.origin("rate_schedule", "default"));
        }
        let mut times = Vec::new();
        let mut sound = true;
        for (span, rate) in &written {
            let parsed = Self::parse(span).and_then(|(from, to)| {
                let rate = Rate::per_second(*rate).map_err(|error| format!("{span}: {error}"))?;
                Ok((from, to, rate))
            });
            match reading.sound("rate_schedule", parsed) {
                Some(time) => times.push(time),
                None => sound = false,
            }
        }
        sound.then_some(Self { otherwise, times })
    }

    fn parse(span: &str) -> Result<(Time, Time), String> {
        let time = |text: &str| text.trim().parse::<Time>().ok();
        let ends = span.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        ends.filter(|(from, to)| from != to)
            .ok_or_else(|| format!("{span:?} is no time of the day; write \"22:00-06:00\", in local time"))
    }

    /// The rate at this time of the day.
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

    fn rate(per_second: f64) -> Rate {
        Rate::per_second(per_second).unwrap()
    }

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn the_time_of_day_decides_past_midnight_too() {
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
    fn what_is_no_time_is_told_with_an_example() {
        for span in ["22:00", "25:00-06:00", "night", "06:00-06:00"] {
            assert!(RatePlan::parse(span).unwrap_err().contains("22:00-06:00"), "{span}");
        }
        assert_eq!(RatePlan::parse("22:00-06:00"), Ok((time("22:00"), time("06:00"))));
    }
}
