//! What is wrong with a pipeline, told all at once: where it is written, what is wrong, what mends it.

use std::fmt;
use std::path::PathBuf;

/// Where a problem is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A flag, such as `--rate`.
    Flag(String),
    /// A pipeline file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1, where it is known.
        line: Option<usize>,
        /// The key at fault, where it is one.
        key: Option<String>,
    },
    /// An environment variable.
    Variable(String),
    /// Nowhere: something is missing.
    Nowhere,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}: "),
            Self::Variable(name) => write!(f, "{name}: "),
            Self::Nowhere => Ok(()),
            Self::File { path, line, key } => {
                write!(f, "{}", path.display())?;
                if let Some(line) = line {
                    write!(f, ":{line}")?;
                }
                f.write_str(": ")?;
                key.as_ref().map_or(Ok(()), |key| write!(f, "{key}: "))
            }
        }
    }
}

/// One thing that is wrong. Displays as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where it is written.
    pub place: Location,
    /// What is wrong, and what mends it.
    pub text: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place, self.text)
    }
}

/// Everything that is wrong; never empty. Displays as one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            let line_end = if place == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
