//! A cell's value as the text that a person sees, without losing a digit.

use calamine::{DataRef, ExcelDateTime};

use super::number_format::NumberFormat;

/// Above this, not every whole number has a value of its own (2^53).
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
/// The day after the last one that a spreadsheet knows, 9999-12-31.
const DAYS: f64 = 2_958_466.0;

/// A cell that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Counted from 0.
    pub(super) column: u32,
    pub(super) text: String,
}

impl Cell {
    /// `None` for an empty cell.
    pub(super) fn new(column: u32, value: DataRef<'_>, format: Option<&NumberFormat>) -> Option<Self> {
        let text = match value {
            DataRef::Empty => return None,
            DataRef::String(text) => text,
            DataRef::SharedString(text) => text.to_owned(),
            DataRef::Int(value) => number_text(value as f64, format),
            DataRef::Float(value) => number_text(value, format),
            DataRef::Bool(value) => if value { "TRUE" } else { "FALSE" }.to_owned(),
            DataRef::DateTime(value) => date_text(value, format),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text,
            DataRef::Error(error) => error.to_string(),
        };
        (!text.is_empty()).then_some(Self { column, text })
    }
}

fn number_text(value: f64, format: Option<&NumberFormat>) -> String {
    if value.abs() > LARGEST_EXACT {
        // All digits would be written here, and the last ones would be wrong.
        return format!("{value:.14E}");
    }
    if value.fract() != 0.0 {
        // As a spreadsheet shows it: 0.3 and not 0.30000000000000004.
        let rounded = format!("{value:.14e}").parse().unwrap_or(value);
        return format!("{rounded}");
    }
    let digits = format!("{:.0}", value.abs());
    match format {
        _ if value < 0.0 => format!("-{digits}"),
        Some(format) => format.shown(&digits),
        None => digits,
    }
}

/// A number of a telephone in a column that is formatted as a date is no date.
fn date_text(value: ExcelDateTime, format: Option<&NumberFormat>) -> String {
    let days = value.as_f64();
    if !(0.0..DAYS).contains(&days) {
        return number_text(days, format);
    }
    if value.is_duration() {
        let seconds = (days * 86_400.0).round() as u64;
        return format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    if days < 1.0 {
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    match days.fract() == 0.0 {
        true => format!("{year:04}-{month:02}-{day:02}"),
        false => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
    }
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    fn text(value: DataRef<'_>) -> String {
        Cell::new(0, value, None).map(|cell| cell.text).unwrap_or_default()
    }

    #[test]
    fn numbers_keep_their_digits_or_show_that_some_are_lost() {
        for (value, shown) in [
            (46_701_740_605.0, "46701740605"),
            (0.0, "0"),
            (-0.0, "0"),
            (-5.0, "-5"),
            (46_701_740_605.5, "46701740605.5"),
            (0.1 + 0.2, "0.3"),
            (0.000_001, "0.000001"),
            (999_999_999_999_999.0, "999999999999999"),
            (4_111_111_111_111_111.0, "4111111111111111"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (9_007_199_254_740_994.0, "9.00719925474099E15"),
            (4.670_174_060_512_345e19, "4.67017406051235E19"),
        ] {
            assert_eq!(text(DataRef::Float(value)), shown);
        }
        let padded = Cell::new(0, DataRef::Float(701_740_605.0), Some(&NumberFormat::of("0000000000")));
        assert_eq!(padded.unwrap().text, "0701740605");
    }

    #[test]
    fn dates_are_iso_and_numbers_in_date_columns_are_numbers() {
        let date = |value, kind| text(DataRef::DateTime(ExcelDateTime::new(value, kind, false)));
        for (value, shown) in [
            (46_351.0, "2026-11-25"),
            (46_351.5, "2026-11-25T12:00:00"),
            (0.25, "06:00:00"),
            (46_701_740_605.0, "46701740605"),
            (-1.0, "-1"),
        ] {
            assert_eq!(date(value, ExcelDateTimeType::DateTime), shown);
        }
        assert_eq!(date(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
    }

    #[test]
    fn other_values_have_the_text_of_the_spreadsheet() {
        assert_eq!(text(DataRef::Bool(true)), "TRUE");
        assert_eq!(text(DataRef::Error(CellErrorType::NA)), "#N/A");
        assert_eq!(text(DataRef::SharedString(" +46 70 ")), " +46 70 ");
        assert_eq!(Cell::new(0, DataRef::String(String::new()), None), None);
    }
}
