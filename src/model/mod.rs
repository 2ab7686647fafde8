//! The types that all other modules share: numbers, answers, outcomes, money, streams of rows.
//!
//! Values only: nothing here reads a file, opens a connection or waits.

mod accepted_results;
mod answer;
mod calling_code;
mod error;
mod fault;
mod foreign_text;
mod holder;
mod lookup_result;
mod money;
mod msisdn;
mod number_range;
mod outcome;
mod plmn;
mod product;
mod record_stream;
mod setting;
mod status;
mod utc_millis;

pub use self::accepted_results::AcceptedResults;
pub use self::answer::{Answer, Unreadable};
pub use self::calling_code::CallingCode;
pub use self::error::{BoxError, ColumnError, StreamError, with_causes};
pub use self::fault::{Billed, Fault, FaultKind};
pub use self::foreign_text::{ForeignText, without_control_characters};
pub use self::holder::Holder;
pub use self::lookup_result::LookupResult;
#[cfg(feature = "cloud")]
pub(crate) use self::lookup_result::WITHDRAWN;
pub use self::money::{InvalidAmount, Money};
pub use self::msisdn::{Digits, Msisdn};
pub use self::number_range::NumberRange;
pub use self::outcome::{Answered, Outcome, Source, Unanswered, UnansweredReason};
pub use self::plmn::Plmn;
pub use self::product::{Product, ProviderCache};
pub(crate) use self::record_stream::bytes_of_rows;
pub use self::record_stream::{ANSWERS_OF, RecordStream, SIMULATED, WRITTEN_NAME, cells_as, utc_moments};
pub use self::setting::Setting;
pub use self::status::Status;
pub use self::utc_millis::UtcMillis;
