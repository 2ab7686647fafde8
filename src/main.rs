//! Parse, run, exit with a code.

fn main() {}
