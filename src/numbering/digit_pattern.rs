//! Patterns of digits of a fixed length, as the tables write them: `0`, `01[245]`, `085..`,
//! `015/..........`.

/// The digits after a pattern, or `None` where it does not match. After a `/`, a pattern says what
/// all digits after it must be.
pub(super) fn strip<'a>(pattern: &str, digits: &'a [u8]) -> Option<&'a [u8]> {
    match pattern.split_once('/') {
        None => strip_first(pattern, digits),
        Some((pattern, after)) => {
            strip_first(pattern, digits).filter(|rest| strip_first(after, rest).is_some_and(<[u8]>::is_empty))
        }
    }
}

/// The digits after a pattern, or `None` where it does not match the first ones. In a pattern, `[]`
/// encloses digits of which one matches, and `.` matches any digit.
fn strip_first<'a>(pattern: &str, digits: &'a [u8]) -> Option<&'a [u8]> {
    let mut rest = digits;
    let mut pattern = pattern.as_bytes();
    while let [first, after_first @ ..] = pattern {
        let (digit, after_digit) = rest.split_first()?;
        let (matches, after_place) = match first {
            b'.' => (true, after_first),
            b'[' => {
                let end = after_first.iter().position(|byte| *byte == b']')?;
                (after_first[..end].contains(digit), &after_first[end + 1..])
            }
            first => (first == digit, after_first),
        };
        if !matches {
            return None;
        }
        (pattern, rest) = (after_place, after_digit);
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_first_digits() {
        for (pattern, digits, rest) in [
            ("0", "0701", Some("701")),
            ("0", "7010", None),
            ("01[245]", "01411", Some("11")),
            ("01[245]", "01311", None),
            ("085..", "085991", Some("1")),
            ("085..", "08599", Some("")),
            ("085..", "0859", None),
            ("[457]..", "412", Some("")),
            ("015/...", "015123", Some("123")),
            ("015/...", "0151234", None),
            ("015/...", "01512", None),
        ] {
            assert_eq!(strip(pattern, digits.as_bytes()), rest.map(str::as_bytes), "{pattern} {digits}");
        }
    }
}
