//! Any text as the cell of a contact list.

#![no_main]

#[path = "../invariants/msisdn.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::hold(data));
