//! What is done to the rows, as plain data.

use std::sync::Arc;

use super::Window;
use super::rows::NumberSettings;
use crate::model::Product;
use crate::pricing::Tariff;

/// What is done to the rows.
#[derive(Clone, Debug)]
pub struct EnrichSettings {
    /// Where the numbers are, and how they are read.
    pub numbers: NumberSettings,
    /// The product, which decides what `OK` proves.
    pub product: Product,
    /// The prefix of the names of the added columns.
    pub prefix: String,
    /// The order of the output's rows.
    pub order: Order,
    /// How many rows may be held between reading and writing.
    pub window: Window,
    /// Which rows are looked up.
    pub only: Only,
    /// What lookups cost.
    pub tariff: Arc<Tariff>,
    /// Whether a column says what each row cost.
    pub cost_column: bool,
}

/// The order of the output's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// That of the input.
    #[default]
    Input,
    /// Batch by batch as they are done. Rows of a batch stay together, in their order.
    Completion,
}

/// Which rows are looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Only {
    /// Every row with a number.
    #[default]
    All,
    /// Rows of an enriched file whose status is `unknown`, `not_checked` or missing. The others are
    /// carried.
    Unresolved,
}
