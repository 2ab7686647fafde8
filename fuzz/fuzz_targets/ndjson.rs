//! Any bytes as an NDJSON list on disk.

#![no_main]

#[path = "../invariants/ndjson.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::hold(data));
