//! "Did you mean …?": the known word nearest to one that is unknown.

use strsim::levenshtein;

/// The known word with the fewest letters to change, if those are at most a third of the shorter
/// word.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_ascii_lowercase().replace('-', "_");
    let with_distance = known.into_iter().map(|word| (levenshtein(&written, word), word));
    let (distance, word) = with_distance.min_by_key(|(distance, _)| *distance)?;
    (distance <= written.len().min(word.len()).div_ceil(3)).then_some(word)
}

/// The problem in serde's "unknown field `x`, expected one of …", and the field that was probably
/// meant; `None` for other messages.
pub(crate) fn explain_unknown_field(message: &str) -> Option<(String, Option<String>)> {
    let mut words = message.strip_prefix("unknown field `")?.split('`').step_by(2);
    let written = words.next().unwrap_or_default();
    let help = match nearest(written, words) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "remove it; the documentation lists all keys".to_owned(),
    };
    Some((format!("unknown key `{written}`"), Some(help)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_has_a_nearest_key_and_nonsense_has_none() {
        let known = ["rate", "retry_on", "concurrency", "output", "timeout"];
        for (written, meant) in [
            ("rates", Some("rate")),
            ("retry-on", Some("retry_on")),
            ("Concurency", Some("concurrency")),
            ("ouptut", Some("output")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }

    #[test]
    fn an_unknown_field_becomes_the_nearest_key() {
        let message = "unknown field `latncy`, expected one of `listen`, `latency`, `seed`";
        let (problem, help) = explain_unknown_field(message).unwrap();
        assert_eq!(
            (problem.as_str(), help.as_deref()),
            ("unknown key `latncy`", Some("did you mean `latency`?"))
        );
        assert_eq!(explain_unknown_field("invalid type: map"), None);
    }
}
