//! [`parse_digits`] and [`parse_all_digits`] on what people and programs write in a cell.

use proptest::prelude::*;

use super::*;

/// What a cell is read as: the number, with its plus sign, or the word of its refusal.
fn read(text: &str) -> String {
    parse_digits(text).map_or_else(|refusal| refusal.text().to_owned(), |parsed| written(&parsed))
}

fn all(text: &str) -> Vec<String> {
    parse_all_digits(text).iter().map(written).collect()
}

fn written(parsed: &ParsedDigits) -> String {
    let sign = if parsed.plus_sign == PlusSign::Present { "+" } else { "" };
    format!("{sign}{}", str::from_utf8(parsed.digits()).unwrap())
}

/// Every text is read as one number, with the same digits.
fn assert_read(texts: &[&str], expected: &str) {
    let other: Vec<_> =
        texts.iter().map(|text| (text, read(text))).filter(|(_, got)| got != expected).collect();
    assert!(other.is_empty(), "expected {expected}: {other:#?}");
}

#[test]
fn what_is_around_and_between_digits_is_removed() {
    assert_read(
        &[
            "46701740605",
            "46/70/174 06 05",
            "٤٦٧٠١٧٤٠٦٠٥",
            "'46701740605",
            "=\"46701740605\"",
            "=46701740605",
            "\"46701740605\"",
            "“46701740605”",
            "46701740605.0",
            "46701740605.00",
            "46701740605,0",
            "46701740605,00",
            "46701740605.000000",
            "46701740605.",
            "46701740605,",
            "TEL: 46701740605",
            "46701740605\0\0\0",
            "\046701740605",
            "4\06\07\00\01\07\04\00\06\00\05\0",
            "[46701740605]",
            "{46701740605}",
            "(46701740605)",
            "<46701740605>",
        ],
        "46701740605",
    );
    assert_read(
        &[
            " +46 70-174 06 05\r\n",
            "+46.70.174.06.05",
            "+46\u{a0}70\u{202f}174\u{2007}06\u{3000}05",
            "\u{feff}+4670\u{200b}1740605\u{200e}",
            "\u{202a}+46\u{2011}70\u{2013}1740605\u{202c}",
            "\u{2066}+46 70\u{2014}1740605\u{2069}",
            "＋４６ ７０－１７４ ０６ ０５",
            "＋４６　（７０）１７４－０６－０５",
            "tel:+46-70-174-06-05",
            "tel://+46701740605",
            "(+46) [70] 1740605",
            "++46701740605",
            "+ 46701740605",
            "+ +46 70 1740605",
            "+(46)701740605",
            "+46701740605.0",
            "+46701740605\0\0\0",
            "+46&nbsp;70&nbsp;174&nbsp;06&nbsp;05",
            "&#43;46701740605",
            "%2B46701740605",
            "+46Â\u{a0}70Â\u{a0}1740605",
            "â€ª+46 70 174 06 05â€¬",
            "+4️⃣6️⃣701740605",
            "46701740605+",
            "+46 70\n174 06 05",
            "[\"+46701740605\"]",
            "{\"+46701740605\"}",
            "['+46701740605']",
            "[\\\"+46701740605\\\"]",
        ],
        "+46701740605",
    );
}

#[test]
fn digits_of_every_script_are_read() {
    for zero in ['٠', '۰', '०', '০', '੦', '૦', '௦', '๐', '໐', '၀', '០', '０', '𝟎', '߀']
    {
        let digits =
            [4, 6, 7, 0, 1, 7, 4, 0, 6, 0, 5].map(|value| char::from_u32(u32::from(zero) + value).unwrap());
        assert_eq!(read(&format!("+{}", digits.iter().collect::<String>())), "+46701740605", "{zero}");
    }
    assert_eq!(read("+٤٦ ٧٠-١٧٤ ٠٦ ٠٥"), "+46701740605");
    assert_eq!(read("४६७०१७४०६०५"), "46701740605");
}

#[test]
fn a_plus_sign_counts_only_before_the_digits() {
    for text in ["46+701740605", "+46+701740605", "+ , 46701740605", "0701740605 + 12"] {
        assert_eq!(read(text), "not_a_number", "{text:?}");
    }
}

#[test]
fn placeholders_are_empty() {
    for text in [
        "",
        " ",
        "\u{a0}\u{200b}",
        "\0\0",
        "-",
        "--",
        "?",
        ".",
        "+",
        "\"\"",
        "NULL",
        "(null)",
        "None",
        "NaN",
        "n/a",
        "#N/A",
        "N.A.",
        "<NA>",
        "\\N",
        "nil",
        "unknown",
        "()",
        "[]",
        "{}",
        "[null]",
        ", ",
        "null, null",
        ";",
    ] {
        assert_eq!(read(text), "empty", "{text:?}");
    }
}

#[test]
fn scientific_notation_is_read_where_every_digit_is_there() {
    for (text, expected) in [
        ("4.6701740605E10", "46701740605"),
        ("4.6701740605E+10", "46701740605"),
        ("4,6701740605e+10", "46701740605"),
        ("+4.6701740605E10", "+46701740605"),
        ("\"4.6701740605E+10\"", "46701740605"),
        ("4.47700900123E11", "447700900123"),
        ("4.520123456E9", "4520123456"),
        ("46701740605E0", "46701740605"),
        ("4.67017406050E10", "46701740605"),
        ("4.477009001E11", "digits_lost"),
        ("4.67017E+10", "digits_lost"),
        ("4,67017E+10", "digits_lost"),
        ("4.67E10", "digits_lost"),
        ("4e+10", "digits_lost"),
        ("+4.67017e+10", "digits_lost"),
        ("4670174060512340000", "digits_lost"),
        ("4.9151234531951E12", "not_a_number"),
        ("4.6E-5", "not_a_number"),
        ("E10", "not_a_number"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn extensions_and_pauses_are_not_part_of_the_number() {
    assert_read(
        &[
            "+46701740605 ext. 12",
            "+46701740605 x12",
            "+46701740605x12",
            "+46701740605X12",
            "+46701740605;ext=12",
            "+46701740605 #12",
            "+46701740605#12",
            "+46701740605 anknytning 12",
            "+46701740605 ankn. 12",
            "+46701740605,12",
            "+46701740605,,12#",
            "+46701740605;12",
            "+46701740605p12",
            "+46701740605w12",
            "+46701740605p",
            "+46701740605 ext",
            "+46701740605 ext.",
            "+46701740605 (ext 12)",
            "+46701740605 - ext 12",
            "+46701740605 / ext. 1234",
            "+46 70 174 06 05 Durchwahl 12",
            "+46 70 174 06 05 poste 12",
            "+46 70 174 06 05 доб. 12",
            "+46 70 174 06 05 (доб.12)",
            "+46 70 174 06 05 内線 12",
            "+46-70-1740605内線12",
            "+46701740605转12",
            "+46701740605 toestel 12",
            "+46701740605 int. 12",
            "+46701740605 wew. 12",
            "+46701740605 ramal 12",
            "+46701740605;isub=1411",
            "tel:+46701740605;ext=12",
            "tel:+46-70-174-06-05;ext=12;isub=3",
            "+46701740605 ;",
            "+46701740605, ",
            "+46701740605;",
            "+46701740605,;|",
        ],
        "+46701740605",
    );
    assert_read(&["0701740605,12", "0701740605p12", "070-174 06 05 ext 12"], "0701740605");
    for text in ["ext 12", "+46701740605 ext 1234567890", "46701740605,12", "x12"] {
        assert_eq!(read(text), "not_a_number", "{text:?}");
    }
}

#[test]
fn addresses_are_read_as_the_number_in_them() {
    assert_read(
        &[
            "https://wa.me/46701740605",
            "wa.me/46701740605",
            "http://wa.me/+46701740605?text=hello%20there",
            "https://api.whatsapp.com/send?phone=46701740605&text=Hi+5",
            "https://api.whatsapp.com/send/?phone=%2B46701740605",
            "https://web.whatsapp.com/send?phone=46701740605",
            "whatsapp://send?phone=46701740605",
            "Ann: https://wa.me/46701740605 (work)",
            "46701740605@s.whatsapp.net",
            "46701740605:12@s.whatsapp.net",
            "46701740605@c.us",
            "https://signal.me/#p/+46701740605",
            "https://t.me/+46701740605",
            "viber://chat?number=%2B46701740605",
            "sms:+46701740605?body=call%20at%2010",
            "smsto:+46701740605",
            "callto:+46701740605",
            "skype:+46701740605?call",
            "whatsapp:+46701740605",
            "facetime:+46701740605",
            "sip:+46701740605@sip.example.com;user=phone",
            "sips:+46701740605;ext=12@example.com:5061",
            "tel:+46701740605;phone-context=+1",
            "<tel:+46701740605>",
        ],
        "+46701740605",
    );
    assert_eq!(read("tel:070-1740605;phone-context=+46"), "+460701740605");
    assert_eq!(read("tel:0701740605;phone-context=example.com"), "0701740605");
    assert_eq!(read("tel:0701740605;ext=3;phone-context=+46"), "+460701740605");
    assert_eq!(read("https://wa.me/0701740605"), "0701740605");
    for text in [
        "https://example.com/46701740605",
        "example.com/46701740605",
        "https://example.com/?id=46701740605",
        "46701740605-1612345678@g.us",
        "sip:ann2@example.com",
        "https://wa.me/message/ABC1234567",
    ] {
        assert_eq!(read(text), "not_a_number", "{text:?}");
    }
}

#[test]
fn labels_and_names_beside_one_number_are_left_out() {
    assert_read(
        &[
            "Tel: +46701740605",
            "Tel.+46701740605",
            "tel+46701740605",
            "M: +46701740605",
            "M +46701740605",
            "Mob.+46701740605",
            "mobile:+46701740605",
            "mobile=+46701740605",
            "phone: \"+46701740605\"",
            "{\"phone\":\"+46701740605\"}",
            "+46701740605 (work)",
            "+46701740605 [Mobile]",
            "+46701740605 mobil",
            "(M) +46701740605",
            "Phone 2: +46701740605",
            "tel1:+46701740605",
            "Ann +46701740605",
            "Ann: +46701740605",
            "Ann - +46701740605",
            "O'Brien, Ann: +46701740605",
            "+46701740605 Ann",
            "+46701740605 (Ann)",
            "+46701740605 / Ann",
            "Ann <+46701740605>",
            "whatsapp: +46701740605",
            "WhatsApp +46701740605",
            "call me on +46701740605",
            "☎ +46701740605",
            "📞+46701740605",
            "☎️ +46 70 174 06 05",
            "电话：+46701740605",
            "手机号码+46701740605",
            "ＴＥＬ：＋４６７０１７４０６０５",
            "携帯：+46701740605",
            "전화: +46701740605",
            "тел. +46701740605",
            "моб.: +46701740605",
            "هاتف: +46701740605",
            "نقال +46701740605",
            "טלפון: +46701740605",
            "Τηλ: +46701740605",
            "मोबाइल: +46701740605",
            "โทร. +46701740605",
            "ĐT: +46701740605",
            "Handy-Nr.: +46701740605",
            "N° de tél +46701740605".trim_start_matches("N° de "),
            "No. +46701740605",
            "Number: +46701740605",
        ],
        "+46701740605",
    );
    assert_read(
        &[
            "Mob. 070-174 06 05",
            "070-174 06 05 (mobil)",
            "070-174 06 05 mobile",
            "070-1740605 (Ann)",
            "Mobil 0701740605",
            "Tel-0701740605",
            "mobil0701740605",
            "0701740605 – hem",
            "Ann Andersson 0701740605",
        ],
        "0701740605",
    );
    assert_read(&["Ann 46701740605", "46701740605 (Ann)", "Mobil 46701740605"], "46701740605");
    assert_eq!(read("Tel: 112"), "112");
}

#[test]
fn digits_that_are_no_telephone_number_are_refused() {
    for text in [
        "mobile",
        "call me",
        "name@example.com",
        "ann2@example.com",
        "46701740605@example.com",
        "ID-46701740605",
        "ID 46701740605",
        "id:46701740605",
        "Order 46701740605",
        "order #46701740605",
        "#46701740605",
        "Kontonummer 46701740605",
        "Rechnungsnummer: 0701740605",
        "A46701740605",
        "46701740605A",
        "SE46701740605",
        "SE 46701740605",
        "46701740605-B",
        "1-800-FLOWERS",
        "1 800 FLOWERS",
        "1-800-MOBILE",
        "1-800-GO-FEDEX",
        "SE4550000000058398257466",
        "IBAN DE89 3704 0044 0532 0130 00",
        "550e8400-e29b-41d4-a716-446655440000",
        "2026-11-25",
        "25.11.2026",
        "11/25/2026",
        "2026/11/25",
        "2026-11-25 10:00",
        "2026-11-25T10:00:00Z",
        "2026-11-25 10",
        "25 Nov 2026",
        "10:00",
        "192.168.10.20",
        "10.20.30.40",
        "00:1B:44:11:3A:B7",
        "2001:db8:85a3::8a2e:370:7334",
        "1,234,567.00",
        "1.234.567,00",
        "$46701740605",
        "46701740605 €",
        "12345678 SEK",
        "46701740605.5",
        "46701740605.25",
        "+46701740605.5",
        "46701740605,25",
        "57.7089, 11.9746",
        "59.3293235, 18.0685808",
        "59.3293235",
        "151.2092955",
        "123-45-6789",
        "811228-9874",
        "19811228-9874",
        "123.456.789-09",
        "12.345.678/0001-95",
        "12.345.678-5",
        "978-3-16-148410-0",
        "Fax: +46701740605",
        "+46701740605 (fax)",
        "📠 +46701740605",
        "pager 0701740605",
        "+46 70 174 XX XX",
        "+4670174****",
        "+46 70 174 •• ••",
        "+4670174...",
        "070 174 06 0?",
        "46701740605½",
        "Storgatan 12, 41138 Göteborg",
        "2nd floor",
        "room 1234567b",
        "50 %",
        "v1.2.3456789",
        "1,234,567",
        "_46701740605",
        "@46701740605",
    ] {
        assert_eq!(read(text), "not_a_number", "{text:?}");
    }
}

#[test]
fn several_numbers_are_refused_and_can_all_be_read() {
    for text in [
        "+46701740605, +46701740606",
        "+46701740605,+46701740606",
        "+46701740605 ::: +46701740606",
        "+46701740605:::+46701740606",
        "+46701740605 / +46701740606",
        "+46701740605/+46701740606",
        "+46701740605;+46701740606",
        "+46701740605; +46701740606;",
        "+46701740605\n+46701740606",
        "+46701740605\\n+46701740606",
        "+46701740605\t+46701740606",
        "+46701740605 or +46701740606",
        "+46701740605 och +46701740606",
        "+46701740605 & +46701740606",
        "+46701740605 &amp; +46701740606",
        "+46701740605|+46701740606",
        "+46701740605 +46701740606",
        "+46701740605+46701740606",
        "[\"+46701740605\",\"+46701740606\"]",
        "['+46701740605', '+46701740606']",
        "{\"+46701740605\",\"+46701740606\"}",
        "{+46701740605,+46701740606}",
        "+46 70 174 06 05 (+46 70 174 06 06)",
        "+46 70 174 06 05, mob +46 70 174 06 06",
        "Ann +46701740605 Bo +46701740606",
        "M: +46701740605 W: +46701740606",
        "+46701740605、+46701740606",
        "+46701740605، +46701740606",
        "+46701740605<br>+46701740606",
        "+46701740605, +46701740605, +46701740606",
        "+46701740605 x12, +46701740606 x13",
    ] {
        assert_eq!(read(text), "several_numbers", "{text:?}");
        assert_eq!(all(text), ["+46701740605", "+46701740606"], "{text:?}");
    }
    for text in [
        "0701740605 0701740606",
        "070-1740605 070-1740606",
        "070-1740605/070-1740606",
        "0701740605 / 0701740606",
        "0701740605 - 0701740606",
        "070 174 06 05 070 174 06 06",
        "(070) 174-0605 (070) 174-0606",
        "0701740605;0701740606",
        "0701740605, 0701740606",
    ] {
        assert_eq!(read(text), "several_numbers", "{text:?}");
        assert_eq!(all(text), ["0701740605", "0701740606"], "{text:?}");
    }
    assert_eq!(all("070-1740605 070-1740606 070-1740607").len(), 3);
    assert_eq!(all("12345678 12345679"), ["12345678", "12345679"]);
}

#[test]
fn a_number_of_which_only_the_end_is_written_is_not_read() {
    for (text, first) in [
        ("070-1740605/06", "0701740605"),
        ("070-1740605 / 06", "0701740605"),
        ("070-1740605/-06", "0701740605"),
        ("070-1740605, 06", "0701740605"),
        ("070-1740605 or 06", "0701740605"),
        ("+49 89 1234567/68", "+49891234567"),
        ("08-465004/05", "08465004"),
        ("030/1234567/8", "0301234567"),
    ] {
        assert_eq!(read(text), "several_numbers", "{text:?}");
        assert_eq!(all(text), [first], "{text:?}");
    }
}

#[test]
fn a_number_that_is_written_twice_is_one() {
    assert_read(
        &[
            "+46701740605, +46701740605",
            "+46 70 174 06 05 / 0046701740605",
            "46701740605 +46701740605",
            "+46701740605\n+46701740605\n",
        ],
        "+46701740605",
    );
}

#[test]
fn groups_of_one_number_are_not_several() {
    for (text, expected) in [
        ("+46 70 174 06 05", "+46701740605"),
        ("0170/3920001", "01703920001"),
        ("0170 / 39 20 001", "01703920001"),
        ("01 23 45 67 89", "0123456789"),
        ("01.23.45.67.89", "0123456789"),
        ("06/12/34/56/78", "0612345678"),
        ("(212) 555-0123", "2125550123"),
        ("1 (800) 555-0199", "18005550199"),
        ("+1.202.555.0123", "+12025550123"),
        ("202-555-0123", "2025550123"),
        ("0049/170/3920001", "00491703920001"),
        ("0049 170/3920001", "00491703920001"),
        ("0049 (0) 170 / 3920001", "004901703920001"),
        ("+49 (0)170/3920001", "+4901703920001"),
        ("+49/170/392/0001", "+491703920001"),
        ("612.345.678", "612345678"),
        ("06.12345678", "0612345678"),
        ("0171.3920001", "01713920001"),
        ("8801712 345678", "8801712345678"),
        ("090ー1234ー5678", "09012345678"),
        ("090-1234-5678", "09012345678"),
        ("12 34 56 78", "12345678"),
        ("1234-5678", "12345678"),
        ("+1-202-555-0123", "+12025550123"),
        ("555-0123", "5550123"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
        assert_eq!(all(text).len(), 1, "{text:?}");
    }
}

#[test]
fn the_grouping_of_digits_is_kept() {
    for (text, expected) in [
        ("46701740605", Grouping::None),
        ("Tel: 46701740605", Grouping::None),
        ("46701740605.0", Grouping::None),
        ("(46701740605)", Grouping::None),
        ("403-555-0173", Grouping::Groups { first: 3 }),
        ("1-403-555-0173", Grouping::Groups { first: 1 }),
        ("46(0)701740605", Grouping::Groups { first: 2 }),
        ("Ann 070.174.06.05", Grouping::Groups { first: 3 }),
        ("(212) 555-0123", Grouping::Brackets),
        ("(0)70 174 06 05", Grouping::Brackets),
        ("[212] 555-0123", Grouping::Brackets),
        ("Tel. (212) 555-0123 x4", Grouping::Brackets),
    ] {
        assert_eq!(parse_digits(text).unwrap().grouping, expected, "{text:?}");
    }
}

#[test]
fn more_digits_than_any_number_has_are_too_long() {
    assert_eq!(read("1234567890123456789012345"), "too_long");
    assert_eq!(read("4111 1111 1111 1111"), "4111111111111111");
}

fn digits_of(text: &str) -> String {
    text.chars().filter_map(characters::digit).collect()
}

proptest! {
    #[test]
    fn the_digits_of_a_number_are_in_its_cell(
        text in "([+0-9()./ ,;:|x#eE='\"&-]|ext|tel|wa.me/|or|\\n|[a-z]|[٠-٩०-९]){0,40}",
    ) {
        let numbers = parse_all_digits(&text);
        let one = parse_digits(&text);
        prop_assert_eq!(numbers.is_empty(), !matches!(one, Ok(_) | Err(Refusal::SeveralNumbers)));
        for number in &numbers {
            let number = str::from_utf8(number.digits()).unwrap().to_owned();
            // Scientific notation may have its digits before an exponent, or zeros after a point.
            let written = digits_of(&text);
            prop_assert!(written.contains(&number), "{} of {}", number, written);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,60}") {
        prop_assert_eq!(parse_digits(&text).is_ok() && parse_all_digits(&text).len() != 1, false);
    }

    #[test]
    fn a_wrapped_number_is_the_same(
        text in "[+0-9()./ ,;:|x#-]{0,30}",
    ) {
        prop_assert_eq!(read(&format!("\u{feff}\" {text}\t\"")), read(&text));
    }
}
