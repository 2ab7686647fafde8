//! A run that is over, told: its figures as one value ([`RunReport`]), and the HTML page made of it.

#[cfg(feature = "report")]
pub mod html;
pub mod rankings;
pub mod run_report;

pub use self::run_report::RunReport;
