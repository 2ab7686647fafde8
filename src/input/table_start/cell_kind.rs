//! What a cell contains, by its looks.

/// What a cell contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::input) enum CellKind {
    Empty,
    /// Digits with only the signs of phone numbers, decimals, amounts and spreadsheets around them.
    Number,
    /// A date, a time, or both.
    Date,
    Email,
    Text,
}

/// The fewest digits of a phone number in a cell with other text, and of one without a plus, brackets
/// or blanks.
const MIN_PHONE_DIGITS: usize = 7;
const MIN_BARE_DIGITS: usize = 8;
const MAX_PHONE_DIGITS: usize = 15;

pub(in crate::input) fn kind_of(cell: &str) -> CellKind {
    let cell = cell.trim();
    match cell {
        "" => CellKind::Empty,
        _ if is_date(cell) => CellKind::Date,
        _ if is_number(cell) || is_scientific(cell) => CellKind::Number,
        _ if is_email(cell) => CellKind::Email,
        _ => CellKind::Text,
    }
}

/// Whether a cell is or contains what one person has and no column is called: an e-mail address, or
/// a phone number.
pub(super) fn has_contact(cell: &str) -> bool {
    is_email(cell) || cell.split_whitespace().any(is_email) || has_phone(cell)
}

fn is_number(cell: &str) -> bool {
    let is_sign = |c: char| c.is_whitespace() || "+-().,;|/:='\"%$€£¥#\u{AD}".contains(c);
    let mut rest = cell.chars().filter(|&c| !is_sign(c)).peekable();
    rest.peek().is_some() && rest.all(|c| c.is_ascii_digit())
}

fn is_scientific(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-')
        && cell.replace(',', ".").parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_email(cell: &str) -> bool {
    match cell.trim().split_once('@') {
        Some((user, host)) => {
            !user.is_empty() && host.contains('.') && !cell.trim().contains(char::is_whitespace)
        }
        None => false,
    }
}

/// `2026-11-25`, `25.11.26`, `1/22/20`, `12:30`, `2026-11-25T12:30:00Z`.
fn is_date(cell: &str) -> bool {
    let (date, time) = match cell.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (cell, None),
    };
    match time {
        None => is_day(date) || is_time(date),
        Some(time) => is_day(date) && is_time(time),
    }
}

fn is_day(text: &str) -> bool {
    ['-', '/', '.'].iter().any(|sign| {
        let parts: Vec<&str> = text.split(*sign).collect();
        let [first, middle, last] = parts[..] else { return false };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let middle_fits = (1..=2).contains(&middle.len()) && digits(middle);
        let short = |part: &str| (1..=2).contains(&part.len()) && digits(part);
        let year = |part: &str| part.len() == 4 && digits(part);
        middle_fits && ((year(first) && short(last)) || (short(first) && (short(last) || year(last))))
    })
}

fn is_time(text: &str) -> bool {
    let text = text.trim_end_matches('Z');
    let text = text.split(['+', '-']).next().unwrap_or(text);
    let text = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let mut parts = text.split(':');
    let hours = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let digits =
        |part: &&str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (1..=2).contains(&hours.len())
        && hours.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=2).contains(&rest.len())
        && rest.iter().all(digits)
}

/// Whether a run of digits and the signs between them is long enough for a phone number, and is not
/// a period such as `2016-2017` nor a part of a word.
fn has_phone(cell: &str) -> bool {
    let is_part =
        |c: char| c.is_numeric() || c.is_whitespace() || "+-().,/\u{2010}\u{2011}\u{2013}".contains(c);
    let mut before = None;
    let mut rest = cell;
    while let Some(start) = rest.find(is_part) {
        before = rest[..start].chars().next_back().or(before);
        let run_end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |end| start + end);
        let run = &rest[start..run_end];
        let after = rest[run_end..].chars().next();
        let is_joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let touches = run.starts_with(char::is_numeric) && is_joined(before)
            || run.ends_with(char::is_numeric) && is_joined(after);
        if !touches && is_phone(run) {
            return true;
        }
        before = run.chars().next_back();
        rest = &rest[run_end..];
    }
    false
}

fn is_phone(run: &str) -> bool {
    let digits = run.chars().filter(|c| c.is_numeric()).count();
    let run = run.trim();
    if !(MIN_PHONE_DIGITS..=MAX_PHONE_DIGITS).contains(&digits) || is_date(run) || is_compact_date(run) {
        return false;
    }
    let groups: Vec<&str> = run.split(|c: char| !c.is_numeric()).filter(|group| !group.is_empty()).collect();
    let is_year = |group: &&str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let is_decimal = groups.len() == 2 && run.contains(['.', ',']) && !run.contains([' ', '+', '-']);
    let is_period =
        groups.iter().any(is_year) && groups.iter().all(|group| is_year(group) || group.len() <= 2);
    let is_bare = groups.len() == 1 && !run.starts_with(['+', '(']);
    !is_decimal && !is_period && (!is_bare || digits >= MIN_BARE_DIGITS)
}

/// `20260131`
fn is_compact_date(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    text.len() == 8
        && matches!((part(0..4), part(4..6), part(6..8)), (Some(1900..=2100), Some(1..=12), Some(1..=31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_looks() {
        for (cell, expected) in [
            ("", CellKind::Empty),
            (" ", CellKind::Empty),
            ("46701740605", CellKind::Number),
            ("+46 (0)70-174 06 05", CellKind::Number),
            ("4.67E+10", CellKind::Number),
            ("$74.69", CellKind::Number),
            ("1/22/20", CellKind::Date),
            ("2026-11-25 12:30:00", CellKind::Date),
            ("25.11.2026", CellKind::Date),
            ("12:30", CellKind::Date),
            ("ann@example.com", CellKind::Email),
            ("Ann", CellKind::Text),
            ("x0001", CellKind::Text),
            ("nan", CellKind::Text),
        ] {
            assert_eq!(kind_of(cell), expected, "{cell}");
        }
    }

    #[test]
    fn contacts_are_found_within_text() {
        for cell in [
            "Tel +46701740605",
            "070-174 06 05 (Ann)",
            "Ann: (403) 555-0173",
            "mail ann@example.com",
            "00\u{A0}46\u{A0}70 174 06 05",
            "\u{0660}\u{0667}\u{0660}\u{0661}\u{0667}\u{0664}\u{0660}\u{0666}",
        ] {
            assert!(has_contact(cell), "{cell}");
        }
        for cell in [
            "Phone 1 - Value",
            "1/22/20",
            "2016-2017",
            "20260131",
            "FY 2019/20",
            "order_12345678",
            "x0001",
            "2026-11-25 12:30:00",
            "",
        ] {
            assert!(!has_contact(cell), "{cell}");
        }
    }
}
