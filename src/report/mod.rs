//! A run that has ended: all of its figures as one value, [`RunReport`], and the HTML page that
//! shows it.

#[cfg(feature = "report")]
pub mod html;
pub mod rankings;
pub mod run_report;

pub use self::run_report::RunReport;
