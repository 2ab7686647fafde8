//! [`super::parse`] as a whole: every spelling, every region rule, and properties of all texts.

use proptest::prelude::*;

use super::*;

/// The digits of a text, or the word of its refusal.
fn read(text: &str, region: &str) -> String {
    let region = (!region.is_empty()).then(|| region.parse().unwrap());
    normalise(text, region)
        .map_or_else(|refusal| refusal.text().to_owned(), |msisdn| msisdn.digits().to_string())
}

#[test]
fn every_spelling_of_a_swedish_mobile_number_is_the_same_number() {
    for (text, region) in [
        ("46701740605", ""),
        ("+46701740605", ""),
        ("0046701740605", ""),
        ("+46 (0)70-174 06 05", ""),
        ("0046 (0) 70 174 06 05", ""),
        ("46(0)701740605", ""),
        ("+0046701740605", ""),
        ("=\"46701740605\"", ""),
        ("'46701740605", ""),
        ("46701740605.0", ""),
        ("070-174 06 05", "SE"),
        ("0701740605", "SE"),
        ("701740605", "SE"),
        ("46701740605", "SE"),
        ("0046701740605", "SE"),
        ("+46701740605", "DE"),
        ("46701740605", "NO"),
        ("011 46 70 174 06 05", "US"),
        ("0011 46 70 174 06 05", "AU"),
        ("0046 70 174 06 05", "AU"),
        ("010 46 70 174 06 05", "JP"),
        ("8~10 46701740605", "RU"),
        ("810 46 70 174 06 05", "RU"),
    ] {
        assert_eq!(read(text, region), "46701740605", "{text:?} {region}");
    }
}

#[test]
fn national_numbers_are_read_as_their_region_writes_them() {
    for (text, region, expected) in [
        ("07700 900123", "GB", "447700900123"),
        ("+44(7700) 900123", "", "447700900123"),
        ("06 39 98 12 34", "FR", "33639981234"),
        ("0171/3920001", "DE", "491713920001"),
        ("(202) 555-0173", "US", "12025550173"),
        ("1-202-555-0173", "US", "12025550173"),
        ("202.555.0173", "CA", "12025550173"),
        ("8 (916) 123-45-67", "RU", "79161234567"),
        ("916 123-45-67", "RU", "79161234567"),
        ("06 30 123 4567", "HU", "36301234567"),
        ("347 123 4567", "IT", "393471234567"),
        ("+39 347 123 4567", "", "393471234567"),
        ("07 01 23 45 67", "CI", "2250701234567"),
        ("8 029 123-45-67", "BY", "375291234567"),
        ("91 23 45 67", "NO", "4791234567"),
        ("600 123 456", "ES", "34600123456"),
        ("0491 570 006", "AU", "61491570006"),
    ] {
        assert_eq!(read(text, region), expected, "{text:?} {region}");
    }
}

#[test]
fn forms_that_are_dialled_only_at_home_are_understood() {
    for (text, region, expected) in [
        // Argentina: 15 after the area code, in place of 9 before it.
        ("011 15-2345-6789", "AR", "5491123456789"),
        ("11 15 2345 6789", "AR", "5491123456789"),
        ("(0380) 15 412-3456", "AR", "5493804123456"),
        ("(380) 15 412-3456", "AR", "5493804123456"),
        ("02966 15-412345", "AR", "5492966412345"),
        ("+54 11 15 2345-6789", "", "5491123456789"),
        ("+54 9 11 2345 6789", "", "5491123456789"),
        ("0343 15 555 1212", "AR", "5493435551212"),
        ("15 2345 6789", "AR", "not_in_plan"),
        // Brazil: carriers, and eight digits that are no mobile number any more.
        ("0 11 91234-5678", "BR", "5511912345678"),
        ("0 15 11 91234-5678", "BR", "5511912345678"),
        ("0 21 (11) 91234-5678", "BR", "5511912345678"),
        ("(11) 91234-5678", "BR", "5511912345678"),
        ("90 11 91234-5678", "BR", "5511912345678"),
        ("(11) 8234-5678", "BR", "not_in_plan"),
        ("+55 11 98123-4567", "", "5511981234567"),
        // Mexico, until 2019 and now.
        ("044 55 1234 5678", "MX", "525512345678"),
        ("045 33 1234 5678", "MX", "523312345678"),
        ("01 33 1234 5678", "MX", "523312345678"),
        ("+52 1 33 1234 5678", "", "523312345678"),
        ("5213312345678", "", "523312345678"),
        ("33 1234 5678", "MX", "523312345678"),
        // Colombia, Costa Rica, Hungary, Russia, Kazakhstan, Belarus, Lithuania.
        ("03 321 123 4567", "CO", "573211234567"),
        ("8312 3456", "CR", "50683123456"),
        ("06-20-123-4567", "HU", "36201234567"),
        ("+36 06 20 123 4567", "", "36201234567"),
        ("8 701 234 5678", "KZ", "77012345678"),
        ("80 29 123-45-67", "BY", "375291234567"),
        ("8 612 34567", "LT", "37061234567"),
        ("0 612 34567", "LT", "37061234567"),
        // Local numbers of territories with an area code of their own.
        ("464-1234", "AG", "12684641234"),
        ("781 123", "GG", "fixed_line"),
        // A zero that is part of the number.
        ("+39 06 698 12345", "", "fixed_line"),
        ("02 3456 7890", "IT", "fixed_line"),
        ("01 02 03 04 05", "CI", "2250102030405"),
        ("01 02 03 04", "CI", "too_short"),
        ("066 12 34 56", "GA", "24166123456"),
        // Access codes of the region.
        ("00 1 340 642 1257", "HK", "13406421257"),
        ("001 46 70 174 06 05", "HK", "46701740605"),
        ("0011 44 7400 123456", "AU", "447400123456"),
    ] {
        assert_eq!(read(text, region), expected, "{text:?} {region}");
    }
}

#[test]
fn a_number_that_fits_its_region_badly_is_never_asked_abroad() {
    for (text, region) in [
        // Ukraine's calling code is 380, and so is an Argentine area code.
        ("(380) 15 412-34", "AR"),
        ("(380) 50 123 45 67", "AR"),
        ("(479) 555-012", "US"),
        ("47 95 55 01 23", "US"),
        ("479-555-01234", "US"),
        ("4795550123", "CA"),
        ("353 871 234 567", "US"),
        ("1234567890123", "DE"),
        ("46 70 174 06 05", "DK"),
        ("46701740605", "DE"),
    ] {
        let read = read(text, region);
        assert!(
            read.is_empty() || read.starts_with(|char: char| !char.is_ascii_digit()) || read.starts_with('1'),
            "{text:?} {region} {read}"
        );
    }
}

#[test]
fn without_a_region_a_national_number_is_refused_and_never_guessed() {
    for text in ["070-174 06 05", "07700 900123", "0171 3920001", "011 46 70 174 06 05"] {
        assert_eq!(read(text, ""), "national_without_region", "{text:?}");
    }
    assert_eq!(read("701740605", ""), "too_short");
    assert_eq!(read("202 555 0173", ""), "too_short");
}

#[test]
fn the_region_wins_where_bare_digits_could_be_its_mobile_number() {
    for (text, region, expected) in [
        // Indian numbers may start with 91, which is also the calling code.
        ("9198765432", "IN", "919198765432"),
        ("919198765432", "IN", "919198765432"),
        // The same with Italian numbers that start with 39.
        ("3931234567", "IT", "393931234567"),
        ("393931234567", "IT", "393931234567"),
        // A Brazilian area code is 55, and so is the calling code.
        ("55996123456", "BR", "5555996123456"),
        ("5555996123456", "BR", "5555996123456"),
        // Chinese mobile numbers look like North American ones.
        ("15012345678", "CN", "8615012345678"),
        // A spreadsheet has removed the leading zero.
        ("15712345678", "DE", "4915712345678"),
        ("6592345678", "US", "16592345678"),
    ] {
        assert_eq!(read(text, region), expected, "{text:?} {region}");
    }
    assert_eq!(read("6592345678", ""), "6592345678");
}

#[test]
fn bare_digits_of_a_length_that_no_number_of_the_region_has_are_foreign() {
    for (text, region) in
        [("46701740605", "US"), ("447700900123", "SE"), ("33639981234", "NO"), ("12025550173", "SE")]
    {
        assert_eq!(read(text, region), text, "{region}");
    }
}

#[test]
fn a_fixed_line_of_the_region_is_not_taken_for_a_foreign_mobile_number() {
    // Moscow after the trunk prefix 8 has the digits of a Vietnamese mobile number.
    assert_eq!(read("8 495 123-45-67", "RU"), "fixed_line");
    assert_eq!(read("84951234567", "RU"), "fixed_line");
    assert_eq!(read("08-465 004 00", "SE"), "fixed_line");
    assert_eq!(read("020 7946 0958", "GB"), "fixed_line");
    // Palau has no trunk prefix before its seven digits, and +27 is South Africa.
    assert_eq!(read("277 1750", "PW"), "fixed_line");
}

#[test]
fn a_plus_before_a_trunk_zero_is_not_a_country() {
    assert_eq!(read("+0701740605", ""), "not_in_plan");
    assert_eq!(read("+0701740605", "SE"), "not_in_plan");
    assert_eq!(read("0000000000", "SE"), "not_in_plan");
}

#[test]
fn every_refusal_has_its_reason() {
    for (text, region, expected) in [
        ("", "", "empty"),
        ("NULL", "SE", "empty"),
        ("4.67017E+10", "", "digits_lost"),
        ("4,67017E+10", "SE", "digits_lost"),
        ("4670174060500000", "", "digits_lost"),
        ("12345", "", "too_short"),
        ("0701", "SE", "too_short"),
        ("+46 70 174", "", "too_short"),
        ("+44 7700 90012", "", "too_short"),
        ("+44 7700 9001234", "", "too_long"),
        ("4670174060546701", "", "too_long"),
        ("+999 12345678", "", "not_in_plan"),
        ("+1 111 555 0100", "", "not_in_plan"),
        ("call the office", "", "not_a_number"),
        ("0701740605/0701740606", "SE", "several_numbers"),
        ("46701740605.5", "", "not_a_number"),
        ("+442079460958", "", "fixed_line"),
        ("+448081570123", "", "toll_free"),
        ("+18005550199", "", "toll_free"),
        ("+449098790123", "", "premium_rate"),
        ("+447012345678", "", "personal_number"),
        ("+815012345678", "", "voip"),
    ] {
        assert_eq!(read(text, region), expected, "{text:?} {region}");
    }
}

#[test]
fn satellite_and_machine_sims_are_accepted() {
    for text in ["881631234567", "870772001234", "883130001234567", "882161234567"] {
        assert_eq!(read(text, ""), text);
    }
}

#[test]
fn mexican_numbers_lose_the_digit_that_mexico_dropped() {
    assert_eq!(read("+52 1 55 1234 5678", ""), "525512345678");
    assert_eq!(read("+52 55 1234 5678", ""), "525512345678");
    assert_eq!(read("5215512345678", "MX"), "525512345678");
    assert_eq!(read("55 1234 5678", "MX"), "525512345678");
}

#[test]
fn numbers_reserved_for_fiction_are_accepted_where_they_are_mobile() {
    for text in [
        "+447700900000",
        "+447700900999",
        "+46701740605",
        "+46701740699",
        "+33639980000",
        "+491713920099",
        "+4915228817386",
        "+4917604069099",
        "+61491570006",
        "+12125550100",
        "+14165550199",
        "+18765550123",
    ] {
        assert_eq!(read(text, ""), text[1..]);
    }
}

#[test]
fn the_digits_of_a_decorated_cell_are_a_number() {
    for (text, region, expected) in [
        ("tel:070-1740605;phone-context=+46", "", "46701740605"),
        ("tel:070-1740605;phone-context=+46", "DE", "46701740605"),
        ("tel:347 123 4567;phone-context=+39", "", "393471234567"),
        ("tel:(202) 555-0173;phone-context=+1", "SE", "12025550173"),
        ("tel:070-1740605", "SE", "46701740605"),
        ("070-174 06 05 ext. 12", "SE", "46701740605"),
        ("+1 202 555 0123 x4", "", "12025550123"),
        ("https://wa.me/46701740605", "US", "46701740605"),
        ("46701740605@s.whatsapp.net", "US", "46701740605"),
        ("4.6701740605E+10", "", "46701740605"),
        ("46701740605.00", "", "46701740605"),
        ("+46701740605\0\0\0", "", "46701740605"),
        ("Mob. 070-174 06 05", "SE", "46701740605"),
        ("(0xx11) 91234-5678", "BR", "5511912345678"),
        ("8~10 46 70 174 06 05", "RU", "46701740605"),
        ("०७०-१७४ ०६ ०५", "SE", "46701740605"),
        ("0701740605 0701740606", "SE", "several_numbers"),
        ("+46701740605 / 070-174 06 05", "SE", "46701740605"),
        ("+46701740605 / 070-174 06 05", "", "several_numbers"),
        ("070-1740605/06", "SE", "several_numbers"),
        ("+46701740605, 0701740605/09", "SE", "several_numbers"),
        ("4.67017E+10", "", "digits_lost"),
        ("2026-11-25", "", "not_a_number"),
    ] {
        assert_eq!(read(text, region), expected, "{text:?} {region}");
    }
}

#[test]
fn the_sample_list_has_enough_numbers_and_every_kind_of_refusal() {
    let list = include_str!("../../sample-data/contacts.csv");
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let read: Vec<_> = reader.records().map(|row| normalise(&row.unwrap()[3], None)).collect();
    assert_eq!(read.len(), 4000);
    let distinct: std::collections::HashSet<_> = read.iter().flatten().collect();
    assert!(distinct.len() >= 1500, "{}", distinct.len());
    // Every number is judged as one of a list of international numbers.
    let others = [Refusal::SeveralNumbers, Refusal::Ambiguous];
    let every_kind = &Refusal::ALL[..=Refusal::NotMobile(LineKind::TollFree).index()];
    for refusal in every_kind.iter().filter(|refusal| !others.contains(refusal)) {
        assert!(read.contains(&Err(*refusal)), "{refusal:?}");
    }
}

fn accepted_number() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "46701740605",
        "447700900123",
        "491713920001",
        "33639981234",
        "12025550173",
        "61491570006",
        "4915228817386",
        "919198765432",
        "5491123456789",
        "2250701234567",
        "393471234567",
        "79161234567",
    ])
}

proptest! {
    #[test]
    fn no_text_causes_a_panic(text in "\\PC{0,40}", region in prop::sample::select(vec!["", "SE", "US", "IT", "RU", "JP"])) {
        read(&text, region);
    }

    #[test]
    fn no_text_like_a_number_causes_a_panic(
        text in "[+0-9()./ ='\"eE,-]{0,30}",
        region in prop::sample::select(vec!["", "SE", "US", "IT", "BY", "KE", "AR"]),
    ) {
        read(&text, region);
    }

    #[test]
    fn an_accepted_number_reads_as_itself(digits in "[1-9][0-9]{6,14}", region in prop::sample::select(vec!["", "SE", "US", "DE", "IN"])) {
        let region: Option<Region> = region.parse().ok();
        if let Ok(msisdn) = normalise(&digits, region) {
            prop_assert_eq!(normalise(&msisdn.digits(), None), Ok(msisdn));
            prop_assert_eq!(normalise(&format!("+{}", &*msisdn.digits()), region), Ok(msisdn));
        }
    }

    #[test]
    fn separators_anywhere_change_nothing(
        digits in accepted_number(),
        separators in prop::collection::vec((0_usize..8, prop::sample::select(vec![" ", "-", "\u{a0}", "\u{200b}", "(", ")", "\u{2013}", ". "])), 0..8),
    ) {
        let mut text = digits.to_owned();
        for (position, separator) in separators {
            let index = text.char_indices().map(|(index, _)| index).nth(position).unwrap_or(text.len());
            text.insert_str(index, separator);
        }
        // Without a plus, brackets around the first digits are those of an area code.
        if !text.starts_with(|char: char| !char.is_ascii_digit()) {
            prop_assert_eq!(read(&text, ""), digits);
        }
        prop_assert_eq!(read(&format!("+{text}"), ""), digits);
    }
}
