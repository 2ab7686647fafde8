//! What is done to the rows.

use std::sync::Arc;

use super::{Only, Window};
use crate::model::Product;
use crate::numbering::Region;
use crate::pricing::Tariff;

/// What is done to the rows.
#[derive(Clone, Debug)]
pub struct EnrichSettings {
    /// The column of the numbers; `None` to find it by its name.
    pub column: Option<String>,
    /// Where national numbers are at home.
    pub region: Option<Region>,
    /// What `OK` proves.
    pub product: Product,
    /// What the names of the added columns begin with.
    pub prefix: String,
    /// In which order rows come out.
    pub order: Order,
    /// How many rows are held.
    pub window: Window,
    /// Which rows are asked about.
    pub only: Only,
    /// What lookups cost.
    pub tariff: Arc<Tariff>,
    /// Whether a column says what each row cost.
    pub cost_column: bool,
}

/// In which order rows come out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As they came in.
    #[default]
    Input,
    /// Batch by batch as they are done; rows of a batch stay together, in their order.
    Completion,
}
