//! Whether the bare numbers of a list are complete: those without `+` or `00`, where no region
//! tells.
//!
//! `4795550123` is a number in the USA and a mobile number in Norway. One cell cannot tell, but a
//! list can: of a list of MSISDNs, nearly every number is a mobile number when it is read as
//! international. Of lists of national mobile numbers, that share stays far below; the table is in
//! `docs/cleaning-a-list.md`.

use super::BareNumbers;
use super::bare::{BareShape, bare_shape};
use super::spelling;

/// With fewer bare numbers than this, each is judged by itself.
const ENOUGH_NUMBERS: u64 = 100;
/// In a list of MSISDNs, at least this share of the bare numbers is mobile.
const SHARE_OF_MSISDNS: f64 = 0.85;
/// Area codes whose national mobile numbers are all mobile numbers of another country: Arkansas is
/// Norway (479), Jamaica and Alabama are Singapore (658, 659), Sergipe in Brazil is Russia (79 9).
/// The lists of those countries have other numbers too. Found by trying every area code; two more
/// cannot be distinguished from whole countries: Porto Alegre from Peru (51 9), and a part of
/// Argentina from Afghanistan (93 7).
const AREAS_LIKE_COUNTRIES: [&[u8]; 4] = [b"479", b"658", b"659", b"799"];
/// If at least this share of the mobile numbers is in one such area, the list may be of that area.
const SHARE_OF_ONE_AREA: f64 = 0.97;
/// How many examples a message shows.
const EXAMPLES: usize = 3;

/// What the bare numbers of the first rows look like.
#[derive(Clone, Debug, Default)]
pub struct BareEvidence {
    /// Written as national numbers are: brackets, groups without a calling code. A leading zero
    /// does not count: such a number is refused, however the others are read.
    national: u64,
    /// Mobile numbers when read as international.
    mobile: u64,
    /// Neither.
    other: u64,
    /// How many of the mobile ones begin like each of [`AREAS_LIKE_COUNTRIES`].
    by_area: [u64; AREAS_LIKE_COUNTRIES.len()],
    mobile_examples: Vec<String>,
    other_examples: Vec<String>,
}

/// The bare numbers may be complete or national, and asking would pay for strangers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnclearNumbers {
    /// How many numbers have neither `+` nor `00`.
    pub bare: u64,
    /// How many of them are mobile numbers when read as international.
    pub mobile: u64,
    /// Some of those that are mobile when read as international, masked.
    pub mobile_examples: Vec<String>,
    /// Some of the others, masked.
    pub other_examples: Vec<String>,
}

impl BareEvidence {
    /// Takes a cell into account, if it holds one bare number.
    pub fn add(&mut self, text: &str) {
        let Ok(parsed) = spelling::parse_digits(text) else { return };
        match bare_shape(&parsed) {
            None => {}
            Some(BareShape::National) if parsed.digits()[0] == b'0' => {}
            Some(BareShape::National) => {
                self.national += 1;
                note(&mut self.other_examples, text);
            }
            Some(BareShape::InternationalMobile) => {
                self.mobile += 1;
                for (area, numbers) in AREAS_LIKE_COUNTRIES.iter().zip(&mut self.by_area) {
                    *numbers += u64::from(parsed.digits().starts_with(area));
                }
                note(&mut self.mobile_examples, text);
            }
            Some(BareShape::Other) => {
                self.other += 1;
                note(&mut self.other_examples, text);
            }
        }
    }

    /// How bare numbers are to be read.
    ///
    /// Numbers with a plus sign are no evidence about those without.
    ///
    /// # Errors
    ///
    /// [`UnclearNumbers`] where the list has many bare numbers and they may be national.
    pub fn decide(&self) -> Result<BareNumbers, UnclearNumbers> {
        let bare = self.national + self.mobile + self.other;
        if self.mobile + self.other < ENOUGH_NUMBERS || self.mobile == 0 {
            return Ok(BareNumbers::EachByItself);
        }
        let is_one_area =
            self.by_area.iter().any(|numbers| *numbers as f64 >= SHARE_OF_ONE_AREA * self.mobile as f64);
        if self.mobile as f64 >= SHARE_OF_MSISDNS * bare as f64 && !is_one_area {
            return Ok(BareNumbers::InternationalDigits);
        }
        let (mobile_examples, other_examples) = (self.mobile_examples.clone(), self.other_examples.clone());
        Err(UnclearNumbers { bare, mobile: self.mobile, mobile_examples, other_examples })
    }
}

fn note(examples: &mut Vec<String>, text: &str) {
    if examples.len() < EXAMPLES {
        examples.push(masked(text));
    }
}

/// The text with the digits between the first three and the last two hidden.
fn masked(text: &str) -> String {
    const SHOWN_CHARACTERS: usize = 30;
    let digits = text.chars().filter(|char| char.is_numeric()).count();
    let mut seen = 0;
    let hide = |char: char| {
        if !char.is_numeric() {
            return char;
        }
        seen += 1;
        if seen <= 3 || seen + 2 > digits { char } else { '•' }
    };
    // A name in the cell is nobody's business.
    let is_shown = |char: &char| char.is_numeric() || " +-./()".contains(*char);
    let shown: String = text.chars().filter(is_shown).map(hide).take(SHOWN_CHARACTERS).collect();
    shown.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(numbers: impl IntoIterator<Item = String>) -> Result<BareNumbers, UnclearNumbers> {
        let mut evidence = BareEvidence::default();
        numbers.into_iter().for_each(|number| evidence.add(&number));
        evidence.decide()
    }

    fn swedish(count: u64) -> impl Iterator<Item = String> {
        (0..count).map(|nth| format!("{}", 46_701_740_000 + nth))
    }

    fn national(count: u64) -> impl Iterator<Item = String> {
        (0..count).map(|nth| format!("{}", 4_795_550_000 + nth * 1_000_003))
    }

    #[test]
    fn a_list_of_msisdns_is_international_in_spite_of_some_rubbish() {
        assert_eq!(decide(swedish(100)), Ok(BareNumbers::InternationalDigits));
        let rubbish = (0..10).map(|nth| format!("12345{nth}"));
        assert_eq!(decide(swedish(90).chain(rubbish)), Ok(BareNumbers::InternationalDigits));
    }

    #[test]
    fn a_few_numbers_are_judged_one_by_one() {
        assert_eq!(decide(swedish(99)), Ok(BareNumbers::EachByItself));
        assert_eq!(decide([]), Ok(BareNumbers::EachByItself));
        // Numbers with a leading zero are not ambiguous, however many there are.
        let with_zeros = (0..500).map(|nth| format!("0701740{nth:03}"));
        assert_eq!(decide(with_zeros.chain(swedish(50))), Ok(BareNumbers::EachByItself));
    }

    #[test]
    fn a_mixture_is_unclear_and_numbers_with_a_plus_are_no_evidence() {
        let with_plus = swedish(5_000).map(|number| format!("+{number}"));
        let unclear = decide(with_plus.chain(swedish(60)).chain(national(60))).unwrap_err();
        assert_eq!(unclear.bare, 120);
        assert!((60..110).contains(&unclear.mobile), "{unclear:?}");
        assert!(unclear.mobile_examples.contains(&"467••••••00".to_owned()), "{unclear:?}");
        assert!(unclear.other_examples.iter().all(|example| example.contains('•')));
    }

    #[test]
    fn a_list_of_one_area_is_not_taken_for_a_foreign_country() {
        for area in ["479", "658", "659"] {
            let numbers = (0..200).map(|nth| format!("{area}{}", 5_550_000 + nth * 7_919));
            assert!(decide(numbers).is_err(), "{area}");
        }
        let norwegian = (0..200)
            .map(|nth| format!("47{}", if nth % 3 == 0 { 41_200_000 + nth } else { 95_550_000 + nth }));
        assert_eq!(decide(norwegian), Ok(BareNumbers::InternationalDigits));
        let russian = (0..200).map(|nth| format!("79{:09}", 10_000_000 + nth * 4_500_000));
        assert_eq!(decide(russian), Ok(BareNumbers::InternationalDigits));
    }

    #[test]
    fn examples_hide_the_middle_of_the_number() {
        assert_eq!(masked(" (479) 555-0123 "), "(479) •••-••23");
        assert_eq!(masked("123"), "123");
        assert_eq!(masked("Ann: 4795550123"), "479•••••23");
    }
}
