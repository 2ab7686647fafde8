//! What is true for every cell.

use proptest::prelude::*;

use super::*;

fn digits_of(text: &str) -> String {
    text.chars().filter_map(characters::digit).collect()
}

proptest! {
    #[test]
    fn the_digits_of_a_number_are_in_its_cell(
        text in "([+0-9()./ ,;:|x#eE='\"&-]|ext|tel|wa.me/|or|\\n|[a-z]|[٠-٩०-९]){0,40}",
    ) {
        let numbers = parse_all_digits(&text).all;
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
        prop_assert_eq!(parse_digits(&text).is_ok() && parse_all_digits(&text).all.len() != 1, false);
    }

    #[test]
    fn a_wrapped_number_is_the_same(
        text in "[+0-9()./ ,;:|x#-]{0,30}",
    ) {
        prop_assert_eq!(read(&format!("\u{feff}\" {text}\t\"")), read(&text));
    }
}

proptest! {
    #[test]
    fn the_short_way_reads_what_the_long_way_reads(text in "[=+ ()\"'-]{0,3}([0-9]{1,5}[ (). \u{a0}\u{200b}\u{2011}\"\n-]{0,2}){2,6}") {
        if let Some(short) = plain::parse(&text) {
            let long = cell::read(&text).map(|numbers| numbers.all.iter().map(written).collect::<Vec<_>>());
            prop_assert_eq!(long, Ok(vec![written(&short)]), "{:?}", text);
            prop_assert_eq!(cell::read(&text).unwrap().all[0].grouping, short.grouping, "{:?}", text);
        }
    }
}
