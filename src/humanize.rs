//! Numbers, times and sizes as people read them.

use std::path::Path;
use std::time::Duration;
#[cfg(any(feature = "report", feature = "cli"))]
use std::{cmp::Reverse, collections::BTreeMap};

/// Counts by word, largest first.
#[cfg(any(feature = "report", feature = "cli"))]
pub(crate) fn most_first(counts: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut sorted: Vec<_> = counts.iter().map(|(word, count)| (word.as_str(), *count)).collect();
    sorted.sort_by_key(|(_, count)| Reverse(*count));
    sorted
}

/// `1 234 567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`, `1 234 rows`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// `12.3 %`; an empty text if the whole is zero.
#[cfg(any(feature = "report", feature = "cli"))]
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    format!("{:.1} %", part as f64 / whole as f64 * 100.0)
}

/// `0:07`, `12:34`, `1:02:03`, `2d 03:04`.
pub(crate) fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{:02}", seconds % 60),
        (0, hours) => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
        (days, hours) => format!("{days}d {hours:02}:{minutes:02}"),
    }
}

/// `3.2 s` below 100 seconds, else as [`clock`].
pub(crate) fn lasting(duration: Duration) -> String {
    match duration.as_secs() {
        0..100 => format!("{:.1} s", duration.as_secs_f64()),
        _ => clock(duration),
    }
}

/// `870 bytes`, `12.3 KiB`, `4.0 MiB`.
#[cfg(any(feature = "cli", feature = "report"))]
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes as f64;
    let mut unit = "bytes";
    for larger in units {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{size:.1} {unit}") }
}

/// `0.4`, `12`, `4 210`: a rate per second, with one decimal below 10.
pub(crate) fn speed(per_second: f64) -> String {
    if per_second > 0.0 && per_second < 9.95 {
        format!("{per_second:.1}")
    } else {
        grouped(per_second.round() as u64)
    }
}

/// The name of an output in messages: `-` is standard output.
pub(crate) fn output_name(path: &Path) -> String {
    match path.to_str() {
        Some("-") => "standard output".into(),
        _ => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn nouns_follow_their_count() {
        assert_eq!((counted(1, "row"), counted(2_000, "row")), ("1 row".into(), "2 000 rows".into()));
    }

    #[test]
    fn times_grow_with_their_units() {
        for (seconds, text) in [(7, "0:07"), (754, "12:34"), (3_723, "1:02:03"), (183_840, "2d 03:04")] {
            assert_eq!(clock(Duration::from_secs(seconds)), text);
        }
        assert_eq!(lasting(Duration::from_millis(3_240)), "3.2 s");
        assert_eq!(lasting(Duration::from_secs(754)), "12:34");
    }

    #[test]
    fn sizes_and_speeds_are_short() {
        for (bytes, text) in [(870, "870 bytes"), (12_595, "12.3 KiB"), (4 << 20, "4.0 MiB")] {
            assert_eq!(size(bytes), text);
        }
        for (rate, text) in [(0.0, "0"), (0.44, "0.4"), (12.4, "12"), (4_210.2, "4 210")] {
            assert_eq!(speed(rate), text);
        }
        assert_eq!((percent(1, 8), percent(1, 0)), ("12.5 %".into(), String::new()));
    }
}
