//! Any bytes as a workbook on disk.

#![no_main]

#[path = "../invariants/workbook.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::hold(data));
