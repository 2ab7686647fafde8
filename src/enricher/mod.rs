//! Everything that is needed to ask about numbers, opened and closed together.

pub mod file_descriptors;
pub mod session;
