//! The words of column names, from `tables/column_words.csv`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::numbering::folding::{fold, half_width, is_combining};
use crate::numbering::tables;

/// What a word of a column's name says. The names are those of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// The number itself, by its name in telecoms.
    Msisdn,
    Mobile,
    Phone,
    /// A telephone that is not mobile.
    Landline,
    /// A number for text messages, or a text message.
    Sms,
    /// A messenger whose names are telephone numbers.
    Messenger,
    Number,
    /// Joins others: `numéro de téléphone`.
    Connecting,
    /// The telephone of somebody else than the contact.
    OtherPerson,
    /// The column describes a number, or holds one of another kind.
    Excluded,
    /// Excluded, except beside a telephone, whose owner it is.
    Owner,
    /// A device, or another word that ends like a telephone.
    NotATelephone,
    Region,
    CallingCode,
    /// Beside a region, says how it is written.
    RegionCode,
    /// Another country than that of the telephone, or no country.
    NotARegion,
}

static WORDS: LazyLock<HashMap<&str, Vec<Kind>>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Vec<Kind>> = HashMap::new();
    for (name, word) in listed() {
        if let Some(kind) = kind(name) {
            words.entry(word).or_default().push(kind);
        }
    }
    words
});

/// Parts of words, for scripts without blanks between words.
static PARTS: LazyLock<Vec<(&str, Kind)>> = LazyLock::new(|| with_suffix("_part"));

/// How words of languages end that write two words as one: `Firmentelefon`.
static ENDINGS: LazyLock<Vec<(&str, Kind)>> = LazyLock::new(|| with_suffix("_ending"));

fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    tables::rows(include_str!("../tables/column_words.csv"))
        .flat_map(|[kind, _language, words]| words.split_whitespace().map(move |word| (kind, word)))
}

fn with_suffix(suffix: &str) -> Vec<(&'static str, Kind)> {
    listed().filter_map(|(name, word)| Some((word, kind(name.strip_suffix(suffix)?)?))).collect()
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "msisdn" => Kind::Msisdn,
        "mobile" => Kind::Mobile,
        "phone" => Kind::Phone,
        "landline" => Kind::Landline,
        "sms" => Kind::Sms,
        "messenger" => Kind::Messenger,
        "number" => Kind::Number,
        "connecting" => Kind::Connecting,
        "other_person" => Kind::OtherPerson,
        "excluded" => Kind::Excluded,
        "owner" => Kind::Owner,
        "not_a_telephone" => Kind::NotATelephone,
        "region" => Kind::Region,
        "calling_code" => Kind::CallingCode,
        "region_code" => Kind::RegionCode,
        "not_a_region" => Kind::NotARegion,
        _ => return None,
    })
}

/// Whether a folded word is of a kind, and says nothing else.
pub(super) fn is(word: &str, kind: Kind) -> bool {
    WORDS.get(word).is_some_and(|kinds| kinds.contains(&kind))
}

/// Whether a folded word is of a kind, perhaps together with more: `Firmentelefon`, `会社電話`.
pub(super) fn contains(word: &str, kind: Kind) -> bool {
    is_any(word, &[kind])
}

/// Whether a folded word is of one of the kinds, perhaps together with more.
pub(super) fn is_any(word: &str, kinds: &[Kind]) -> bool {
    match WORDS.get(word) {
        Some(known) => known.iter().any(|kind| kinds.contains(kind)),
        None => {
            let has_part = !word.is_ascii()
                && PARTS.iter().any(|(part, kind)| kinds.contains(kind) && word.contains(part));
            has_part || ENDINGS.iter().any(|(ending, kind)| kinds.contains(kind) && word.ends_with(ending))
        }
    }
}

/// The words of a name, folded: `PhoneNumber`, `phone_number` and `Phone-Number 2` are all two.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().map(half_width).filter(|char| !is_combining(*char)).collect();
    for (at, &char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let begins_word = char.is_uppercase()
            && before.is_some_and(|before| {
                let ends_capitals =
                    before.is_uppercase() && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
                before.is_lowercase() || ends_capitals
            });
        let changes = before.is_some_and(|before| before.is_numeric() != char.is_numeric());
        if !is_in_word(char) || begins_word || changes {
            words.push(String::new());
        }
        if is_in_word(char) {
            let folded = char.to_lowercase().filter(|char| !is_combining(*char)).map(fold);
            words.last_mut().expect("there is always a word").extend(folded);
        }
    }
    words.retain(|word| !word.is_empty());
    if let Some(at) = words.windows(2).position(|pair| pair == ["whats", "app"]) {
        words.splice(at..at + 2, ["whatsapp".to_owned()]);
    }
    words
}

/// Letters, digits, and the vowel signs of Indian scripts.
fn is_in_word(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '\u{900}'..='\u{E7F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_table_has_a_kind_and_is_folded() {
        for (name, word) in listed() {
            let kind = name.strip_suffix("_part").or(name.strip_suffix("_ending")).unwrap_or(name);
            assert!(super::kind(kind).is_some(), "{name}");
            if !word.contains(['_']) && !word.contains(|char: char| char.is_numeric()) {
                assert!(contains(&words(word).concat(), super::kind(kind).unwrap()), "{name} {word}");
            }
        }
    }

    #[test]
    fn names_are_cut_into_words() {
        for (name, expected) in [
            ("PhoneNumber", vec!["phone", "number"]),
            ("Phone-Number 2", vec!["phone", "number", "2"]),
            ("SMSPhone1", vec!["sms", "phone", "1"]),
            ("Téle\u{301}phone", vec!["telephone"]),
            ("İŞ TELEFONU", vec!["is", "telefonu"]),
            ("ＴＥＬ（携帯）", vec!["tel", "携帯"]),
            ("मोबाइल नंबर", vec!["मोबाइल", "नंबर"]),
        ] {
            assert_eq!(words(name), expected);
        }
    }
}
