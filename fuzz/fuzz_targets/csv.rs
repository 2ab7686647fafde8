//! Any bytes as a list on disk.

#![no_main]

#[path = "../invariants/csv.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::hold(data));
