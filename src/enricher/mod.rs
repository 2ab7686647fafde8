//! The front door: all lookups go through here.
//!
//! [`Enricher`] is the engine with everything open, [`Settings`] are the plain values that it is
//! opened with. The command line and pipeline files are thin layers above the two.

mod blocking;
mod builder;
mod connected;
mod distinct;
mod dry_run;
mod error;
mod file_descriptors;
mod front_door;
mod session;
mod settings;
mod shared;
#[cfg(feature = "cloud")]
mod sharing;
mod stream;
mod validation;

pub use self::blocking::EnrichedReader;
pub use self::builder::EnricherBuilder;
pub use self::dry_run::{DryRun, DryRunError, Estimate};
pub use self::error::{EnrichError, OpenError, Stopped};
#[cfg(feature = "cli")]
pub(crate) use self::file_descriptors::make_room;
pub use self::front_door::{Enricher, Totals, normalise_rows};
pub use self::settings::{
    LedgerChoice, LedgerFolder, LedgerSettings, Provider, RateChoice, Refresh, RowSettings, Settings,
    SharedAnswersSettings,
};
pub use self::shared::{SharedEnricher, SharedEnrichers};
pub use self::stream::EnrichedStream;
pub use self::validation::InvalidSetting;

pub(crate) use self::front_door::enrich_settings;
pub(crate) use self::session::{Observers, SessionEnd, SessionGuard};
pub(crate) use self::validation::LONGEST_COMMIT_INTERVAL;
