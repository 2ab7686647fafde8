//! File names that contain the date of the run: `enriched-{date}.parquet`.

use std::path::{Path, PathBuf};

use jiff::Zoned;

use super::diagnostics::Problem;
use crate::suggest::nearest;

/// The placeholders, each with its format (strftime).
const PLACEHOLDERS: [(&str, &str); 5] =
    [("date", "%Y-%m-%d"), ("time", "%H%M%S"), ("year", "%Y"), ("month", "%m"), ("day", "%d")];

/// The name with its placeholders filled in; `now` is in local time. Braces around anything other
/// than a word stay as they are, and `{{` is a brace.
///
/// # Errors
///
/// When a word in braces is not a placeholder.
pub(crate) fn fill(name: &str, now: &Zoned) -> Result<String, Problem> {
    let mut filled = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find('{') {
        let (before, behind) = rest.split_at(start);
        filled.push_str(before);
        if let Some(behind) = behind.strip_prefix("{{") {
            filled.push('{');
            rest = behind;
            continue;
        }
        let word = behind[1..].split('}').next().filter(|word| behind.len() > word.len() + 1);
        match word.filter(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        }) {
            Some(word) => {
                let format = PLACEHOLDERS.iter().find(|(known, _)| *known == word).map(|(_, format)| *format);
                let format = format.ok_or_else(|| unknown(word))?;
                filled.push_str(&now.strftime(format).to_string());
                rest = &behind[word.len() + 2..];
            }
            None => {
                filled.push('{');
                rest = &behind[1..];
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

fn unknown(word: &str) -> Problem {
    let help = match nearest(word, PLACEHOLDERS.map(|(known, _)| known)) {
        Some(nearest) => format!("did you mean {{{nearest}}}?"),
        None => {
            let known = PLACEHOLDERS.map(|(known, _)| format!("{{{known}}}")).join(", ");
            format!("the placeholders are {known}")
        }
    };
    Problem::new(format!("{{{word}}} is not a placeholder")).with_help(help)
}

/// The same for a path. A name that is not UTF-8 has no placeholders.
pub(crate) fn fill_path(template: &Path, now: &Zoned) -> Result<PathBuf, Problem> {
    template.to_str().map_or_else(|| Ok(template.to_owned()), |text| fill(text, now).map(PathBuf::from))
}

/// Whether a path may contain a placeholder.
pub(crate) fn has_placeholder(path: &Path) -> bool {
    path.to_string_lossy().contains('{')
}

/// The name of a file without its folder and its extension.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Location;

    fn filled(name: &str) -> Result<String, String> {
        let filled = fill(name, &"2026-11-04T03:07:09+01:00[Europe/Oslo]".parse().unwrap());
        filled.map_err(|problem| problem.at(Location::Nowhere).help.unwrap())
    }

    #[test]
    fn placeholders_become_the_start_of_the_run() {
        for (name, expected) in [
            ("enriched-{date}.parquet", "enriched-2026-11-04.parquet"),
            ("{year}/{month}/{day}/{time}.csv", "2026/11/04/030709.csv"),
            ("plain.csv", "plain.csv"),
            ("{}{ {1} {date", "{}{ {1} {date"),
            ("å{date}å", "å2026-11-04å"),
            ("we{{ird}-{day}", "we{ird}-04"),
        ] {
            assert_eq!(filled(name).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn an_unknown_placeholder_is_reported_with_the_known_ones() {
        assert!(filled("x-{dat}.csv").unwrap_err().contains("did you mean {date}?"));
        assert!(filled("x-{Date}.csv").unwrap_err().contains("did you mean {date}?"));
        assert!(filled("x-{customer}.csv").unwrap_err().contains("{date}, {time}, {year}, {month}, {day}"));
    }
}
