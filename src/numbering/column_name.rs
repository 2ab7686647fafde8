//! Which column of a list holds the telephone number, by the names of the columns alone.
//!
//! The content of the columns is not inspected: if the names are not clear, the user has to decide.

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
}

/// Words for a mobile telephone or its number, folded by [`fold`].
const MOBILE: &str = "\
    mobile mobiles mobilephone mobilephonenumber mobilenumber mobileno mobilenr cell cellphone \
    cellnumber cellular cellularphone gsm gsmno gsmnummer gsmnumber mob mobil mobilnummer mobilnr \
    mobiltelefon mobiltelefonnummer mobiltel mobiltlf handy handynummer handynr mobiel mobielnummer \
    mobieltje portable telephoneportable telportable numeroportable telephonemobile telmobile movil \
    telefonomovil numeromovil celular telefonocelular telefonecelular numerocelular telemovel telemoveis \
    cellulare telefonocellulare numerocellulare matkapuhelin matkapuhelinnumero kannykka komorka \
    komorkowy telefonkomorkowy numerkomorki mobilni mobilnitelefon mobitel ceptelefonu cep farsimi \
    kinito мобильный мобильныйтелефон мобільний κινητο 手机 手机号 手机号码 携帯 携帯電話 携帯番号 휴대폰 휴대전화";

/// Words for a telephone or its number.
const PHONE: &str = "\
    phone phones phonenumber phonenumbers phoneno phonenr phonenum tel telno telnr telnumber telephone \
    telephonenumber telephoneno telefon telefonnummer telefonnr tlf tlfnr tlfnummer telefoon \
    telefoonnummer rufnummer rufnr telefono numerotelefono numerodetelefono numerotelephone \
    numerodetelephone telefone numerodetelefone puhelin puhelinnumero puhnro nrtelefonu numertelefonu \
    telefonu telefonszam telefonas telefons simi simanumer whatsapp e164 телефон номертелефона τηλεφωνο \
    电话 电话号码 電話 電話番号 전화번호";

/// Words for a number of any kind. Beside the others they add nothing.
const NUMBER: &str = "number numbers num no nr nro numero nummer numer numeros номер 号码 番号";

/// Words that connect two others.
const CONNECTING: &str = "de di do du the of n a la";

/// Words of columns that describe a number, or hold a number of another kind.
const EXCLUDING: &str = "\
    fax telefax type typ kind country land code prefix area ext extension id uuid verified valid status \
    carrier operator network provider brand model os app device imei imsi consent optin optout opt \
    allowed date time at on hash count is has house order account customer invoice zip postal vat tax \
    bank iban line row serial street";

/// Excluding words that may also name the owner, next to a word for a telephone.
const OWNERS: &str = "customer account order device line row";

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

pub fn number_column_candidates(names: &[&str]) -> Vec<usize> {
    let mut ranked: Vec<_> =
        (0..names.len()).filter_map(|index| Some((rank(names[index])?, index))).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, index)| index).collect()
}
pub fn has_telephone_name(name: &str) -> bool {
    rank(name).is_some()
}
pub fn region_column_candidates(names: &[&str]) -> Vec<usize> {
    (0..names.len()).filter(|index| names[*index].to_lowercase().contains("country")).collect()
}

fn rank(name: &str) -> Option<Rank> {
    let words = words(name);
    let joined = words.concat();
    let is = |list: &str, word: &str| list.split(' ').any(|listed| listed == word);
    let any = |list: &str| is(list, &joined) || words.iter().any(|word| is(list, word));
    let plain = |word: &String| {
        [MOBILE, PHONE, NUMBER, CONNECTING].iter().any(|list| is(list, word)) || word.as_str() == "msisdn"
    };
    let is_telephone = any(MOBILE) || any(PHONE) || any("msisdn");
    let excludes = |word: &String| is(EXCLUDING, word) && !(is_telephone && is(OWNERS, word));
    if words.iter().any(excludes) {
        return None;
    }
    let bare = words.iter().all(plain) || is(MOBILE, &joined) || is(PHONE, &joined);
    match (bare, any("msisdn"), any(MOBILE), any(PHONE)) {
        (true, true, ..) => Some(Rank::Msisdn),
        (true, _, true, _) => Some(Rank::Mobile),
        (false, true, ..) | (false, _, true, _) => Some(Rank::SomeMobile),
        (true, _, _, true) => Some(Rank::Phone),
        (false, _, _, true) => Some(Rank::SomePhone),
        (true, ..) if any(NUMBER) => Some(Rank::Number),
        _ => None,
    }
}

/// The words of a name, folded: `PhoneNumber`, `phone_number` and `Phone-Number` are all two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for char in name.chars() {
        if is_combining(char) {
            continue;
        }
        if !char.is_alphanumeric() || (char.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if char.is_alphanumeric() {
            words.last_mut().expect("there is always a word").extend(char.to_lowercase().map(fold));
        }
        after_lower = char.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// An accent that is a character of its own, as in file names on macOS.
fn is_combining(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36F}')
}

/// A lower-case letter without its accent.
fn fold(char: char) -> char {
    match char {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ő' | 'ō' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ů' | 'ű' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' => 'ι',
        'ό' => 'ο',
        'ύ' => 'υ',
        'ώ' => 'ω',
        other => other,
    }
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
