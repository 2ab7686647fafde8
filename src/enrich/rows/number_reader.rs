//! The number of each row, or why it has none: from one column or several, with the country of the
//! row where a column says so.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use super::cell_text::for_each_text;
use super::number_column::NumberColumn;
use super::number_settings::{NumberSettings, SeveralNumbers};
use crate::model::{Msisdn, StreamError};
use crate::numbering::{self, BareEvidence, BareNumbers, NumberRules, Refusal, Region};

/// The number of a cell, or why it has none.
pub(super) type Cell = Result<Msisdn, Refusal>;

/// Reads the numbers of batches of one schema.
#[derive(Debug)]
pub(super) struct NumberReader {
    /// In order of preference.
    columns: Vec<NumberColumn>,
    region_column: Option<usize>,
    region: Option<Region>,
    /// `None` until the first rows of the list have decided.
    bare: Option<BareNumbers>,
    several: SeveralNumbers,
}

/// The numbers of a batch.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// A cell for each row that is written.
    pub(super) cells: Vec<Cell>,
    /// For each of them the column it comes from, by its place in the order of preference. Empty
    /// where there is only one column.
    pub(super) origins: Vec<usize>,
    /// For each of them its row in the batch; `None` where each row is written once.
    pub(super) sources: Option<Vec<u32>>,
}

impl NumberReader {
    pub(super) fn new(
        columns: Vec<NumberColumn>,
        region_column: Option<usize>,
        settings: &NumberSettings,
    ) -> Self {
        let NumberSettings { region, international, several, .. } = *settings;
        let bare = match (international, region, region_column) {
            (true, ..) => Some(BareNumbers::International),
            (false, None, None) => None,
            // Where neither the row nor the settings have a region, its number is judged by itself.
            (false, ..) => Some(BareNumbers::EachByItself),
        };
        Self { columns, region_column, region, bare, several }
    }

    /// Whether it is known how bare numbers are read.
    pub(super) fn is_decided(&self) -> bool {
        self.bare.is_some()
    }

    /// How bare numbers are read.
    pub(super) fn bare(&self) -> BareNumbers {
        self.bare.unwrap_or_default()
    }

    /// From now on, bare numbers are read like this.
    pub(super) fn decide(&mut self, bare: BareNumbers) {
        self.bare = Some(bare);
    }

    /// Takes the cells of a batch into account.
    pub(super) fn add_evidence(
        &self,
        batch: &RecordBatch,
        evidence: &mut BareEvidence,
    ) -> Result<(), StreamError> {
        self.columns.iter().try_for_each(|column| {
            for_each_text(&column.cells(batch)?, |text| {
                if let Ok(text) = text {
                    evidence.add(text);
                }
            })
        })
    }

    /// The numbers of a batch. `earlier` has those that an earlier run found in the same rows: such
    /// a number is the row's own among several in its cell.
    pub(super) fn read(
        &self,
        batch: &RecordBatch,
        earlier: Option<&[Option<Msisdn>]>,
    ) -> Result<Numbers, StreamError> {
        let known = KnownRows { regions: self.regions(batch)?, earlier };
        let mut first = self.read_column(batch, &self.columns[0], &known)?;
        if self.columns.len() == 1 {
            return Ok(expand(vec![first], Vec::new()));
        }
        let mut origins = vec![0; first.cells.len()];
        let mut columns = Vec::with_capacity(self.columns.len());
        let mut chosen = std::mem::take(&mut first.cells);
        columns.push(first);
        for (place, column) in self.columns.iter().enumerate().skip(1) {
            let other = self.read_column(batch, column, &known)?;
            for (row, cell) in other.cells.iter().enumerate() {
                if is_better(*cell, chosen[row]) {
                    (chosen[row], origins[row]) = (*cell, place);
                }
            }
            columns.push(other);
        }
        columns[0].cells = chosen;
        Ok(expand(columns, origins))
    }

    fn read_column(
        &self,
        batch: &RecordBatch,
        column: &NumberColumn,
        known: &KnownRows<'_>,
    ) -> Result<ColumnCells, StreamError> {
        let bare = self.bare();
        let (mut cells, mut several) = (Vec::with_capacity(batch.num_rows()), BTreeMap::new());
        for_each_text(&column.cells(batch)?, |text| {
            let row = cells.len();
            let region = known.regions.as_ref().map_or(self.region, |regions| regions[row]);
            let rules = NumberRules { region, bare };
            let cell = text.and_then(|text| numbering::parse(text, rules));
            cells.push(match (cell, text) {
                (Err(Refusal::SeveralNumbers), Ok(text)) => {
                    let all = numbering::parse_all(text, rules);
                    let chosen = self.one_of(&all, known.earlier.and_then(|earlier| earlier[row]));
                    if self.several == SeveralNumbers::Rows {
                        several.insert(row, all);
                    }
                    chosen
                }
                (cell, _) => cell,
            });
        })?;
        Ok(ColumnCells { cells, several })
    }

    /// The one of several numbers that is looked up for a row.
    fn one_of(&self, all: &[Cell], earlier: Option<Msisdn>) -> Cell {
        let earlier = earlier.map(Ok).filter(|earlier| all.contains(earlier));
        let first = || all.iter().find(|number| number.is_ok()).copied();
        match (earlier, self.several) {
            (Some(earlier), _) => earlier,
            (None, SeveralNumbers::Refuse) => Err(Refusal::SeveralNumbers),
            (None, SeveralNumbers::First | SeveralNumbers::Rows) => {
                first().unwrap_or(Err(Refusal::SeveralNumbers))
            }
        }
    }

    /// The region of each row, if a column says so; the default region fills its gaps.
    fn regions(&self, batch: &RecordBatch) -> Result<Option<Vec<Option<Region>>>, StreamError> {
        let Some(column) = self.region_column else { return Ok(None) };
        let mut regions = Vec::with_capacity(batch.num_rows());
        // Rows of the same country often stand together.
        let mut last: Option<(String, Option<Region>)> = None;
        for_each_text(batch.column(column), |text| {
            regions.push(match (text.unwrap_or_default().trim(), &last) {
                ("", _) => self.region,
                (text, Some((same, region))) if text == same => *region,
                (text, _) => {
                    let region = match Region::from_name(text) {
                        None if numbering::is_placeholder(text) => self.region,
                        region => region,
                    };
                    last = Some((text.to_owned(), region));
                    region
                }
            });
        })?;
        Ok(Some(regions))
    }
}

/// What is known of the rows of a batch besides their cells.
struct KnownRows<'a> {
    /// The region of each row, if a column says so.
    regions: Option<Vec<Option<Region>>>,
    /// The number that an earlier run found in each row.
    earlier: Option<&'a [Option<Msisdn>]>,
}

/// The cells of one column.
struct ColumnCells {
    cells: Vec<Cell>,
    /// The rows whose cell becomes a row for each of its numbers, with these numbers.
    several: BTreeMap<usize, Vec<Cell>>,
}

/// Whether a cell of a less preferred column is used in place of the one so far. Of two refusals,
/// the first that is about a number stays.
fn is_better(cell: Cell, so_far: Cell) -> bool {
    match (cell, so_far) {
        (_, Ok(_)) | (Err(Refusal::Empty), _) => false,
        (Ok(_), Err(_)) => true,
        (Err(_), Err(refusal)) => refusal == Refusal::Empty,
    }
}

/// The chosen cells, which are those of the first column, with a row for each number of a cell that
/// has several.
fn expand(mut columns: Vec<ColumnCells>, origins: Vec<usize>) -> Numbers {
    let cells = std::mem::take(&mut columns[0].cells);
    if columns.iter().all(|column| column.several.is_empty()) {
        return Numbers { cells, origins, sources: None };
    }
    let mut numbers = Numbers { sources: Some(Vec::with_capacity(cells.len())), ..Numbers::default() };
    for (row, cell) in cells.into_iter().enumerate() {
        let origin = origins.get(row).copied();
        let several = columns[origin.unwrap_or(0)].several.remove(&row).filter(|several| !several.is_empty());
        for cell in several.unwrap_or_else(|| vec![cell]) {
            numbers.cells.push(cell);
            numbers.origins.extend(origin);
            if let Some(sources) = &mut numbers.sources {
                sources.push(u32::try_from(row).expect("a batch has less than 2^32 rows"));
            }
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;
    use crate::enrich::rows::number_column;

    fn batch(columns: &[(&str, &[&str])]) -> RecordBatch {
        let column = |cells: &[&str]| -> ArrayRef { Arc::new(StringArray::from(cells.to_vec())) };
        RecordBatch::try_from_iter(columns.iter().map(|(name, cells)| (*name, column(cells)))).unwrap()
    }

    fn reader(columns: usize, region_column: Option<usize>, settings: &NumberSettings) -> NumberReader {
        let names = ["mobile", "home", "work"].map(|name| Field::new(name, DataType::Utf8, true));
        let schema = Schema::new(names.to_vec());
        let named = names[..columns].iter().map(|field| field.name().clone()).collect();
        let named = NumberSettings { columns: named, ..NumberSettings::default() };
        let columns = number_column::choose(&schema, &[0, 1, 2], &named).unwrap();
        NumberReader::new(columns, region_column, settings)
    }

    fn number(digits: u64) -> Cell {
        Ok(Msisdn::new(digits).unwrap())
    }

    #[test]
    fn a_float_that_is_not_whole_is_no_number() {
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![46_701_740_605.5, f64::NAN]));
        let batch = RecordBatch::try_from_iter([("phone", floats)]).unwrap();
        let numbers = reader(1, None, &NumberSettings::default()).read(&batch, None).unwrap();
        assert!(numbers.cells.iter().all(Result::is_err), "{numbers:?}");
    }

    #[test]
    fn the_first_cell_with_a_number_is_used_and_the_first_refusal_stays() {
        let batch = batch(&[
            ("mobile", &["+46701740605", "", "call me", "", "+4684650040"]),
            ("home", &["+447700900123", "+447700900123", "+447700900123", "", "n/a"]),
            ("work", &["x", "+33639980012", "", "?!x", ""]),
        ]);
        let numbers = reader(3, None, &NumberSettings::default()).read(&batch, None).unwrap();
        assert_eq!(
            numbers.cells[..3],
            [number(46_701_740_605), number(447_700_900_123), number(447_700_900_123)]
        );
        assert_eq!(numbers.origins, [0, 1, 1, 2, 0]);
        assert_eq!(numbers.cells[3], Err(Refusal::NotANumber), "of the only cell with something in it");
        assert!(matches!(numbers.cells[4], Err(Refusal::NotMobile(_))), "{numbers:?}");
        assert_eq!(numbers.sources, None);
    }

    #[test]
    fn each_row_has_its_country_and_the_default_fills_gaps() {
        let batch = batch(&[
            ("phone", &["070-174 06 05", "07700 900123", "070-174 06 06", "070-174 06 07", "070-174 06 08"]),
            ("country", &["SE", " gb ", "", "Atlantis", "n/a"]),
        ]);
        let settings = NumberSettings { region: "SE".parse().ok(), ..NumberSettings::default() };
        let numbers = reader(1, Some(1), &settings).read(&batch, None).unwrap();
        let expected = [
            number(46_701_740_605),
            number(447_700_900_123),
            number(46_701_740_606),
            Err(Refusal::NationalWithoutRegion),
            number(46_701_740_608),
        ];
        assert_eq!(numbers.cells, expected);
    }

    #[test]
    fn a_region_or_a_flag_leaves_nothing_to_decide() {
        let default = NumberSettings::default();
        assert!(!reader(1, None, &default).is_decided());
        assert!(reader(1, Some(1), &default).is_decided());
        for settings in [
            NumberSettings { region: "SE".parse().ok(), ..default.clone() },
            NumberSettings { international: true, ..default },
        ] {
            assert!(reader(1, None, &settings).is_decided());
        }
    }

    #[test]
    fn a_cell_with_several_numbers_is_refused_or_read_as_asked() {
        let batch = batch(&[
            ("phone", &["+46 8 465 004 01 / +46701740605", "+46701740606", "+4684650040, +4684650041"]),
            ("other", &["", "", "+447700900123"]),
        ]);
        let read = |columns, several| {
            let settings = NumberSettings { several, ..NumberSettings::default() };
            reader(columns, None, &settings).read(&batch, None).unwrap()
        };
        let refused = read(1, SeveralNumbers::Refuse);
        assert_eq!(refused.cells[0], Err(Refusal::SeveralNumbers));
        let first = read(2, SeveralNumbers::First);
        assert_eq!(first.cells, [number(46_701_740_605), number(46_701_740_606), number(447_700_900_123)]);
        let rows = read(1, SeveralNumbers::Rows);
        assert_eq!(rows.sources.as_deref(), Some(&[0, 0, 1, 2, 2][..]));
        assert_eq!(rows.cells[1..3], [number(46_701_740_605), number(46_701_740_606)]);
        assert_eq!(rows.cells.iter().filter(|cell| cell.is_err()).count(), 3, "each is counted");
        let rows = read(2, SeveralNumbers::Rows);
        assert_eq!(rows.sources.as_deref(), Some(&[0, 0, 1, 2][..]), "the other column has a number");
        assert_eq!(rows.origins, [0, 0, 0, 1]);
    }
}
