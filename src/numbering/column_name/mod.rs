//! Which column of a list holds the telephone number, by the names of the columns alone.
//!
//! The content of the columns is not inspected: if the names are not clear, the user has to decide.
//! The words are in `tables/column_words.csv`.

mod region;
mod words;

#[cfg(test)]
mod exports;

pub use region::region_column_candidates;
use words::Kind;

use miette::Diagnostic;

use crate::model::ColumnError;

/// How clearly a name means the number to look up. Smaller is clearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Msisdn,
    Mobile,
    /// A mobile number with another word: `work_mobile`.
    SomeMobile,
    Phone,
    SomePhone,
    /// Only "number", in some language.
    Number,
    /// The telephone of an assistant or a relative: another person's.
    OtherPerson,
}

/// Why the names do not decide which column to take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum NumberColumnError {
    /// No name means a telephone number.
    #[error("no column is named like a telephone number")]
    #[diagnostic(help("choose one with --column: {}", quoted(columns)))]
    None {
        /// Every column of the list.
        columns: Vec<String>,
    },
    /// Several names do, equally well.
    #[error("several columns could be the telephone number")]
    #[diagnostic(help("choose one with --column: {}", quoted(candidates)))]
    Several {
        /// The columns that could be it.
        candidates: Vec<String>,
    },
}

impl From<NumberColumnError> for ColumnError {
    fn from(error: NumberColumnError) -> Self {
        Self { problem: error.to_string(), help: error.help().map(|help| help.to_string()) }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// The index of the column that is the telephone number, by its name.
///
/// Names are understood in several languages, whatever their case, accents, spaces, underscores and
/// hyphens. `msisdn` beats `mobile`, which beats `phone`; a bare word beats one with an addition
/// (`work_phone`).
///
/// # Errors
///
/// [`NumberColumnError`] when no name means a telephone number, or several do equally well.
pub fn find_number_column(names: &[&str]) -> Result<usize, NumberColumnError> {
    let ranks: Vec<Option<Rank>> = names.iter().map(|name| rank(name)).collect();
    let best = ranks.iter().flatten().min();
    let candidates: Vec<usize> = match best {
        Some(_) => (0..names.len()).filter(|&index| ranks[index].as_ref() == best).collect(),
        None => Vec::new(),
    };
    let owned = |index: usize| names[index].to_owned();
    match candidates.as_slice() {
        [only] => Ok(*only),
        [] => Err(NumberColumnError::None { columns: (0..names.len()).map(owned).collect() }),
        _ => Err(NumberColumnError::Several { candidates: candidates.into_iter().map(owned).collect() }),
    }
}

/// Every column whose name means a telephone number, best first.
#[must_use]
pub fn number_column_candidates(names: &[&str]) -> Vec<usize> {
    best_first(names, rank)
}

/// Whether a column's name means a telephone number. A word for a number of any kind is not enough.
#[must_use]
pub fn has_telephone_name(name: &str) -> bool {
    rank(name).is_some_and(|rank| rank != Rank::Number)
}

/// The columns whose values `rank` can be made of, best first.
fn best_first<R: Ord>(names: &[&str], rank: impl Fn(&str) -> Option<R>) -> Vec<usize> {
    let mut ranked: Vec<(R, usize)> =
        names.iter().enumerate().filter_map(|(index, name)| Some((rank(name)?, index))).collect();
    ranked.sort();
    ranked.into_iter().map(|(_, index)| index).collect()
}

/// Whether a word, folded, is one for a telephone or its number, as it may stand beside the number.
pub(super) fn is_telephone_word(word: &str) -> bool {
    const TELEPHONES: [Kind; 6] =
        [Kind::Msisdn, Kind::Mobile, Kind::Phone, Kind::Landline, Kind::Sms, Kind::Number];
    words::is_any(word, &TELEPHONES) && !words::contains(word, Kind::Excluded)
}

fn rank(name: &str) -> Option<Rank> {
    const TELEPHONES: [Kind; 6] =
        [Kind::Msisdn, Kind::Mobile, Kind::Phone, Kind::Landline, Kind::Sms, Kind::Messenger];
    let words = words::words(name);
    let joined = words.concat();
    // Numbers tell columns apart, `phone1` and `phone2`, and are no words.
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !is_ordinal(word)).collect();
    let unnumbered = words.concat();
    let is_whole = |kind| words::is(&unnumbered, kind) || words::is(&joined, kind);
    let any = |kind| is_whole(kind) || words.iter().any(|word| words::contains(word, kind));
    let is_telephone = TELEPHONES.iter().any(|kind| any(*kind));
    let excludes = |word: &&str| {
        words::contains(word, Kind::Excluded) && !(is_telephone && words::is(word, Kind::Owner))
    };
    let is_listed = TELEPHONES.iter().any(|kind| is_whole(*kind));
    let is_excluded = !is_listed && words.iter().any(excludes);
    if is_excluded || is_whole(Kind::Excluded) || any(Kind::NotATelephone) {
        return None;
    }
    if is_telephone && any(Kind::OtherPerson) {
        return Some(Rank::OtherPerson);
    }
    let is_plain = |word: &&str| {
        let kinds = TELEPHONES.iter().chain(&[Kind::Number, Kind::Connecting]);
        kinds.filter(|kind| **kind != Kind::Messenger).any(|kind| words::is(word, *kind))
    };
    let is_bare = is_listed || words.iter().all(is_plain);
    // A bare `sms` may be the text of a message.
    let is_mobile = any(Kind::Mobile) || (any(Kind::Sms) && (any(Kind::Phone) || any(Kind::Number)));
    let is_phone = any(Kind::Phone) || any(Kind::Messenger) || (is_bare && any(Kind::Sms));
    match is_bare {
        true if any(Kind::Msisdn) => Some(Rank::Msisdn),
        true if is_mobile => Some(Rank::Mobile),
        false if any(Kind::Msisdn) || is_mobile => Some(Rank::SomeMobile),
        _ if any(Kind::Landline) => Some(Rank::SomePhone),
        true if is_phone => Some(Rank::Phone),
        false if is_phone => Some(Rank::SomePhone),
        true if any(Kind::Number) => Some(Rank::Number),
        _ => None,
    }
}

fn is_ordinal(word: &str) -> bool {
    word.chars().all(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&'static str]) -> Option<&'static str> {
        find_number_column(names).ok().map(|index| names[index])
    }

    #[test]
    fn the_number_is_found_in_many_languages() {
        for name in [
            "msisdn",
            "MSISDN",
            "phone",
            "phone_number",
            "Phone Number",
            "PhoneNumber",
            "phoneNumber",
            "PHONE-NO",
            "mobile",
            "Mobile Phone",
            "mobile_phone_number",
            "cell",
            "tel",
            "Tel.",
            "telephone",
            "Telefon",
            "telefonnummer",
            "Mobil",
            "mobilnummer",
            "Handy",
            "Handy-Nr.",
            "Rufnummer",
            "portable",
            "Téléphone portable",
            "te\u{301}le\u{301}phone",
            "N° de téléphone",
            "móvil",
            "movil",
            "Celular",
            "Cellulare",
            "telefono",
            "Telefone",
            "número",
            "numero",
            "gsm",
            "GSM-nummer",
            "puhelin",
            "Matkapuhelin",
            "komórka",
            "Nr telefonu",
            "Telefon komórkowy",
            "telemóvel",
            "κινητό",
            "Мобильный телефон",
            "手机",
            "customer_phone",
            "Phone 1",
            "contact mobile",
            "whatsapp number",
        ] {
            assert_eq!(found(&["id", "name", name, "e-mail"]), Some(name), "{name}");
        }
    }

    #[test]
    fn a_column_about_a_number_is_not_the_number() {
        for name in [
            "fax",
            "fax number",
            "phone_type",
            "phone_country",
            "mobile_carrier",
            "phone verified",
            "phone_ext",
            "is_mobile",
            "house number",
            "customer number",
            "order no",
            "phone_id",
            "name",
            "email",
            "mobile_os",
            "area code",
        ] {
            let names = ["key", name];
            assert!(matches!(find_number_column(&names), Err(NumberColumnError::None { .. })), "{name}");
        }
    }

    #[test]
    fn numbered_names_and_those_of_two_languages_are_found() {
        for name in [
            "phone1",
            "tel1",
            "PHONE_2",
            "Phone 1 - Value",
            "SMS Phone Number",
            "contact_mobile_number",
            "userPhone",
            "phones[].number",
            "contact.phone",
            "billing_phone",
            "PHONE_NBR",
            "Cell Phone #",
            "Contact No.",
            "TELF1",
            "MOB_NUMBER",
            "WHATSAPP",
            "SMS",
            "e164_number",
            "to_number",
            "a_number",
            "Firmentelefon",
            "Tel. gesch.",
            "Handy privat",
            "Festnetz",
            "Tél. port.",
            "N° mobile",
            "Tfno",
            "DIRECCIÓN Teléfono",
            "Nº Telemóvel",
            "Recapito telefonico",
            "06-nummer mobiel",
            "Työpuhelin",
            "Nr tel.",
            "Mobilné číslo",
            "Telefonní číslo",
            "Mobil szám",
            "Număr de telefon",
            "Контактный телефон",
            "Номер телефону",
            "Моб. тел.",
            "Σταθερό",
            "Τηλ.",
            "İş Telefonu",
            "Cep No",
            "טלפון נייד",
            "رقم الجوال",
            "شماره موبایل",
            "मोबाइल नंबर",
            "โทรศัพท์มือถือ",
            "Số điện thoại",
            "No. HP",
            "联系电话",
            "公司电话",
            "行動電話",
            "携帯電話番号",
            "ＴＥＬ",
            "휴대폰번호",
            "회사전화",
        ] {
            assert_eq!(number_column_candidates(&["id", name, "e-mail"]), [1], "{name}");
            assert!(has_telephone_name(name), "{name}");
        }
        for name in [
            "number",
            "Nr.",
            "Phone 1 - Label",
            "Phone 1 - Type",
            "Business Fax",
            "TELFX",
            "Pager",
            "TTY/TDD Phone",
            "phone type",
            "phone_verified",
            "country code",
            "do not call",
            "Do not allow Phone Calls",
            "SMS Consent",
            "SMS Status",
            "Telefonart",
            "Typ telefonu",
            "传真",
            "电话类型",
            "手机归属地",
            "FAX番号",
            "팩스",
            "Τύπος τηλεφώνου",
            "headphones",
            "telemetry",
            "mobility",
            "hotel",
            "phone_blacklisted",
            "last_phone_call",
            "DDD",
        ] {
            assert!(!has_telephone_name(name), "{name}");
        }
    }

    #[test]
    fn candidates_are_listed_best_first() {
        let names = ["Nr", "Assistant's Phone", "Home Phone", "Phone", "fax", "Mobile Phone"];
        assert_eq!(number_column_candidates(&names), [5, 3, 2, 0, 1]);
    }

    #[test]
    fn the_clearer_name_wins() {
        assert_eq!(found(&["phone", "mobile", "msisdn"]), Some("msisdn"));
        assert_eq!(found(&["phone", "mobile", "fax"]), Some("mobile"));
        assert_eq!(found(&["work_phone", "phone"]), Some("phone"));
        assert_eq!(found(&["telephone", "customer mobile"]), Some("customer mobile"));
        assert_eq!(found(&["number", "tel"]), Some("tel"));
        assert_eq!(found(&["phone_type", "phone", "phone_country"]), Some("phone"));
    }

    #[test]
    fn equally_clear_names_are_left_to_the_user() {
        let error = find_number_column(&["id", "phone", "telephone"]).unwrap_err();
        assert_eq!(
            error,
            NumberColumnError::Several { candidates: vec!["phone".into(), "telephone".into()] }
        );
        let help = error.help().unwrap().to_string();
        assert!(help.ends_with("--column: \"phone\", \"telephone\""), "{help}");
        assert!(find_number_column(&["mobile", "mobile"]).is_err());
        assert!(find_number_column(&[]).is_err());
    }
}
