//! Any bytes as the body of an answer.

#![no_main]

#[path = "../invariants/wire.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::hold(data));
