//! What the format of a number shows around its digits: leading zeros, and a plus.

/// The part of a number format that matters for numbers of telephones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberFormat {
    /// Text before the digits, such as `+` or `00`.
    prefix: String,
    /// The fewest digits, filled up with zeros.
    digits: usize,
}

impl NumberFormat {
    /// By a format code such as `0000000000` or `"+"0`. Formats for decimals, dates, currencies and
    /// the like show nothing that counts here.
    pub(super) fn of(code: &str) -> Self {
        let Some((prefix, rest)) = literal_prefix(code) else { return Self::default() };
        let is_prefix = prefix.chars().all(|c| c == '+' || c.is_ascii_digit());
        let is_of_digits =
            rest.contains(['0', '#']) && rest.chars().all(|c| matches!(c, '0' | '#' | ' ' | '-' | '(' | ')'));
        if !is_prefix || !is_of_digits {
            return Self::default();
        }
        let zeros = rest.chars().filter(|c| *c == '0').count();
        Self { prefix, digits: zeros }
    }

    /// The digits of a whole number as they are shown.
    pub(super) fn shown(&self, digits: &str) -> String {
        format!("{}{digits:0>width$}", self.prefix, width = self.digits)
    }
}

/// The quoted, escaped or bare characters before the digits, and the rest of the code.
fn literal_prefix(code: &str) -> Option<(String, String)> {
    let mut prefix = String::new();
    let mut rest = String::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let literal: String = chars.by_ref().take_while(|c| *c != '"').collect();
                if rest.is_empty() { prefix.push_str(&literal) } else { rest.push('-') }
            }
            '\\' => {
                let literal = chars.next()?;
                if rest.is_empty() { prefix.push(literal) } else { rest.push('-') }
            }
            '+' if rest.is_empty() => prefix.push('+'),
            c => rest.push(c),
        }
    }
    Some((prefix, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_prefixes_are_shown_as_the_spreadsheet_does() {
        for (code, shown) in [
            ("General", "701740605"),
            ("0", "701740605"),
            ("@", "701740605"),
            ("0000000000", "0701740605"),
            ("\"0\"#########", "0701740605"),
            ("\"+\"0", "+701740605"),
            ("\\+0", "+701740605"),
            ("+0", "+701740605"),
            ("000\\-000\\-0000", "0701740605"),
            ("#,##0", "701740605"),
            ("0.00", "701740605"),
            ("\"EUR \"0", "701740605"),
            ("yyyy-mm-dd", "701740605"),
            ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "701740605"),
            ("\\", "701740605"),
            ("", "701740605"),
        ] {
            assert_eq!(NumberFormat::of(code).shown("701740605"), shown, "{code}");
        }
    }
}
