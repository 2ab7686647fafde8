//! The environment variables, as a value that is handed in.

use std::collections::BTreeMap;

/// Where environment variables are looked up. Tests hand in their own.
pub struct Environment(Box<Variables>);

type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// These variables and no others.
    #[must_use]
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = BTreeMap::from(owned);
        Self(Box::new(move |name| variables.get(name).cloned()))
    }

    /// The variable's value; `None` when it is not set, or empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}
