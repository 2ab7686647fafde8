//! Where the numbers of a list are, and how they are read, as plain data.

use crate::numbering::Region;

/// Where the numbers of a list are, and how they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberSettings {
    /// The columns with the numbers, in order of preference: the first cell with a number that can
    /// be looked up is used. Empty to find one column by its name.
    pub columns: Vec<String>,
    /// Default country of national numbers.
    pub region: Option<Region>,
    /// A column with the country of each row: an ISO 3166 code, a name, or a calling code.
    /// [`Self::region`] fills its gaps.
    pub region_column: Option<String>,
    /// Whether digits without `+` or `00` are complete international numbers. If not, and without
    /// a region, the first rows of the list decide.
    pub international: bool,
    /// What becomes of a cell with several numbers.
    pub several: SeveralNumbers,
}

/// What becomes of a cell with several numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeveralNumbers {
    /// The row is invalid, with the reason `several_numbers`.
    #[default]
    Refuse,
    /// The first number that can be looked up is used.
    First,
    /// A row is written for each number.
    Rows,
}
