//! Pipeline files, flags and environment variables become settings.
//!
//! [`RawConfig`] has the values as they were given, [`Settings`](crate::Settings) what they mean.
//! [`resolver`] is the only way from one to the other, and it reports every problem at once, before
//! anything is paid for. This is the lowest module that reads TOML and the environment. It makes
//! values and opens no list, output, ledger or connection.

pub mod credentials;
pub mod diagnostics;
pub mod effective;
pub mod endpoint;
pub mod environment;
pub mod input;
pub mod ledger;
pub mod lookup;
pub mod output;
pub mod path_template;
pub mod paths;
pub mod pipeline_file;
pub mod pricing;
pub mod rate_schedule;
pub mod raw;
pub mod resolver;
pub mod selection;
pub mod settings;
pub mod values;

pub use self::diagnostics::{Diagnostic, Diagnostics, Location, Problem};
pub use self::effective::EffectiveSettings;
pub use self::environment::Environment;
pub use self::ledger::{default_ledger, default_ledger_path};
pub use self::raw::{Key, KeySource, PartitionBy, PartitionColumns, RawConfig, RetryOn};
pub use self::settings::ResolvedSettings;
pub use self::values::{DurationValue, InvalidDuration, MaxAgeValue, PriceValue, TextList};
