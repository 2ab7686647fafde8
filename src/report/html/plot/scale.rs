//! Ticks of axes at round numbers.

use crate::humanize::grouped;

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report::html) struct Tick {
    /// The value, in the unit of the data.
    pub at: f64,
    /// The text at the tick.
    pub label: String,
}

/// The ticks of a time axis, and the unit of their labels.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report::html) struct TimeTicks {
    /// `s`, `min`, `h` or `days`.
    pub unit: &'static str,
    /// The ticks, none after the end of the run.
    pub ticks: Vec<Tick>,
}

/// Ticks from zero to the first round number that is at least `max`, in about `about` steps of 1, 2
/// or 5.
pub(in crate::report::html) fn round_ticks(max: f64, about: usize) -> Vec<Tick> {
    let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
    let step = round_step(max / about.max(1) as f64);
    let steps = (max / step - 1e-9).ceil().max(1.0) as usize;
    ticks(step, steps)
}

/// As [`round_ticks`], for counts: a step is at least 1.
pub(in crate::report::html) fn whole_ticks(max: u64, about: usize) -> Vec<Tick> {
    let step = round_step(max as f64 / about.max(1) as f64).max(1.0);
    let steps = (max as f64 / step).ceil().max(1.0) as usize;
    ticks(step, steps)
}

fn ticks(step: f64, steps: usize) -> Vec<Tick> {
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let tick = |n: usize| {
        let at = n as f64 * step;
        let label = if decimals == 0 { grouped(at.round() as u64) } else { format!("{at:.decimals$}") };
        Tick { at, label }
    };
    (0..=steps).map(tick).collect()
}

/// The first of 1, 2, 5, 10, … and their tenths that is at least `min`.
fn round_step(min: f64) -> f64 {
    let power = 10_f64.powf(min.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= min * 0.999_999);
    step.unwrap_or(10.0 * power)
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Steps of clocks and calendars, in seconds.
const TIME_STEPS: [f64; 32] = [
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    MINUTE / 2.0,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    20.0 * MINUTE,
    HOUR / 2.0,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    5.0 * DAY,
    10.0 * DAY,
    20.0 * DAY,
    50.0 * DAY,
];

/// The ticks of a run of `total` seconds: one at the start, and up to `max` more.
pub(in crate::report::html) fn time_ticks(total: f64, max: usize) -> TimeTicks {
    let (unit, unit_seconds) = match total {
        _ if total < 2.0 * MINUTE => ("s", 1.0),
        _ if total < 2.0 * HOUR => ("min", MINUTE),
        _ if total < 3.0 * DAY => ("h", HOUR),
        _ => ("days", DAY),
    };
    let wanted = total / max.max(1) as f64;
    let step = TIME_STEPS.into_iter().find(|step| *step >= wanted).unwrap_or(wanted);
    let count = if total > 0.0 { (total / step + 1e-9).floor() as usize } else { 0 };
    let is_whole_with = |decimals: &i32| {
        let digits = step / unit_seconds * 10_f64.powi(*decimals);
        (digits - digits.round()).abs() < 1e-6
    };
    let decimals = if count == 0 { 0 } else { (0..3).find(is_whole_with).unwrap_or(3) as usize };
    let tick = |n: usize| {
        let at = n as f64 * step;
        Tick { at, label: format!("{:.decimals$}", at / unit_seconds) }
    };
    TimeTicks { unit, ticks: (0..=count).map(tick).collect() }
}

/// Ticks at 1, 2 and 5 times each power of ten, between two times in milliseconds.
pub(in crate::report::html) fn log_ticks(low: f64, high: f64) -> Vec<Tick> {
    let powers = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let values = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    let within = values.filter(|at| (low * 0.999..=high * 1.001).contains(at));
    within.map(|at| Tick { at, label: short_time(at) }).collect()
}

/// `0.5 ms`, `20 ms`, `1.25 s`: a time in milliseconds, to three digits.
pub(in crate::report::html) fn short_time(millis: f64) -> String {
    let (number, unit) = if millis < 1e3 { (millis, "ms") } else { (millis / 1e3, "s") };
    let decimals = match number {
        _ if number >= 99.95 => 0,
        _ if number >= 9.995 => 1,
        _ => 2,
    };
    let digits = format!("{number:.decimals$}");
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{digits} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_reach_the_maximum() {
        assert_eq!(labels(&round_ticks(437.0, 5)), ["0", "100", "200", "300", "400", "500"]);
        assert_eq!(labels(&round_ticks(0.9, 4)), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(&round_ticks(0.004, 4)), ["0.000", "0.001", "0.002", "0.003", "0.004"]);
        assert_eq!(labels(&round_ticks(0.0, 2)), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(&round_ticks(f64::NAN, 1)), ["0", "1"]);
        for max in [1e-6, 0.03, 1.0, 7.0, 99.9, 100.0, 12_345.0, 9e12] {
            for about in 2..8 {
                let ticks = round_ticks(max, about);
                let last = ticks.last().unwrap().at;
                assert!(last >= max * 0.999_999 && last <= 2.0 * max + 1e-12, "{max} in {about}: {last}");
                assert!((2..=about + 2).contains(&ticks.len()), "{max} in {about}: {}", ticks.len());
            }
        }
    }

    #[test]
    fn counts_have_whole_ticks() {
        assert_eq!(labels(&whole_ticks(0, 5)), ["0", "1"]);
        assert_eq!(labels(&whole_ticks(1, 5)), ["0", "1"]);
        assert_eq!(labels(&whole_ticks(3, 5)), ["0", "1", "2", "3"]);
        assert_eq!(labels(&whole_ticks(10_560, 5)), ["0", "5 000", "10 000", "15 000"]);
    }

    #[test]
    fn time_has_units_that_people_use() {
        let ticks = time_ticks(45.0, 10);
        assert_eq!((ticks.unit, labels(&ticks.ticks)[1], ticks.ticks.len()), ("s", "5", 10));
        let ticks = time_ticks(1.0, 6);
        assert_eq!((ticks.unit, labels(&ticks.ticks)[1]), ("s", "0.2"));
        let ticks = time_ticks(754.0, 8);
        assert_eq!((ticks.unit, labels(&ticks.ticks)), ("min", vec!["0", "2", "4", "6", "8", "10", "12"]));
        let ticks = time_ticks(130.0, 6);
        assert_eq!((ticks.unit, labels(&ticks.ticks)), ("min", vec!["0.0", "0.5", "1.0", "1.5", "2.0"]));
        let ticks = time_ticks(5.0 * HOUR, 6);
        assert_eq!((ticks.unit, labels(&ticks.ticks)), ("h", vec!["0", "1", "2", "3", "4", "5"]));
        assert_eq!(labels(&time_ticks(0.02, 5).ticks), ["0.000", "0.005", "0.010", "0.015", "0.020"]);
        assert_eq!(time_ticks(9.0 * DAY, 6).unit, "days");
        assert_eq!(labels(&time_ticks(0.0, 6).ticks), ["0"]);
        assert!(time_ticks(1e9, 6).ticks.len() <= 7, "a run of thirty years");
    }

    #[test]
    fn a_logarithmic_axis_has_one_two_and_five_of_each_power() {
        let ticks = log_ticks(9.0, 2_500.0);
        assert_eq!(labels(&ticks), ["10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s", "2 s"]);
    }

    #[test]
    fn times_have_up_to_three_digits() {
        for (millis, text) in [(0.5, "0.5 ms"), (73.727, "73.7 ms"), (851.967, "852 ms"), (2_359.3, "2.36 s")]
        {
            assert_eq!(short_time(millis), text);
        }
        for (millis, text) in [(0.0, "0 ms"), (200.0, "200 ms"), (1e3, "1 s"), (100_000.0, "100 s")] {
            assert_eq!(short_time(millis), text);
        }
    }
}
