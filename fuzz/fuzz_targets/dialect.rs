//! Contacts in any dialect, with any names.

#![no_main]

#[path = "../invariants/dialect.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::hold(data));
