//! Everything that is wrong with a configuration: where it was set, what is wrong, what to do.

use std::fmt;
use std::path::PathBuf;

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A flag, such as `--rate`.
    Flag(String),
    /// A pipeline file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1, if it is known.
        line: Option<usize>,
        /// The key, if one is at fault.
        key: Option<String>,
    },
    /// An environment variable.
    Variable(String),
    /// Nowhere, because something is missing.
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

/// What is wrong, without its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    text: String,
    help: Option<String>,
}

impl Problem {
    /// What is wrong, in one line.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), help: None }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same, with what to do about it, if that is known.
    #[must_use]
    pub fn with_help_if(self, help: Option<impl Into<String>>) -> Self {
        Self { help: help.map(Into::into), ..self }
    }

    /// The message and the help of an error.
    pub fn of(error: &dyn miette::Diagnostic) -> Self {
        Self { text: error.to_string(), help: error.help().map(|help| help.to_string()) }
    }

    /// The same, with a subject before the message.
    #[must_use]
    pub fn about(self, subject: &str) -> Self {
        Self { text: format!("{subject}: {}", self.text), ..self }
    }

    /// The same, with its location.
    #[must_use]
    pub fn at(self, location: Location) -> Diagnostic {
        Diagnostic { location, text: self.text, help: self.help }
    }
}

impl From<&str> for Problem {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// One thing that is wrong. Displays as one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{location}{text}")]
pub struct Diagnostic {
    /// Where the setting comes from.
    pub location: Location,
    /// What is wrong.
    pub text: String,
    /// What to do about it, if that is not obvious.
    #[help]
    pub help: Option<String>,
}

/// Everything that is wrong; never empty. Displays as one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Those of lines of a file by line, then the others.
    pub(super) fn in_order_of_the_file(mut self) -> Self {
        self.0.sort_by_key(|diagnostic| match diagnostic.location {
            Location::File { line: Some(line), .. } => line,
            _ => usize::MAX,
        });
        self
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, diagnostic) in self.0.iter().enumerate() {
            let line_end = if place == 0 { "" } else { "\n" };
            write!(f, "{line_end}{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
