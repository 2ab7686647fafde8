//! The settings that decide about speed and money, each with its origin, to be shown to the user.

use std::fmt;

use crate::model::Setting;

/// Some settings, each with its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct EffectiveSettings(pub Vec<Setting>);

impl EffectiveSettings {
    pub(crate) fn note(&mut self, name: &str, value: impl ToString, origin: String) {
        self.0.push(Setting { name: name.to_owned(), value: value.to_string(), origin });
    }
}

impl fmt::Display for EffectiveSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.0.chunk_by(|one, next| one.origin == next.origin);
        for (place, group) in groups.enumerate() {
            let words: Vec<_> =
                group.iter().map(|setting| format!("{} {}", setting.name, setting.value)).collect();
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{} ({})", words.join(", "), group[0].origin)?;
        }
        Ok(())
    }
}
