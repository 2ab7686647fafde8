//! Whether silence says something about the service, or only about the numbers that are left.

mod of_numbers;
pub mod stalled_numbers;
