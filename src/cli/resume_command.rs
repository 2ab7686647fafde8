//! The command that resumes a run: the same command, quoted for a shell.

use std::ffi::OsString;

/// What would make the same command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// Nothing: there is no output yet.
    None,
    /// The output of this run, which must be replaced.
    Output,
}

/// The command to run next.
pub(super) fn command(argv: &[OsString], obstacle: Obstacle) -> String {
    let mut words: Vec<String> = argv.iter().map(|word| quoted(&word.to_string_lossy())).collect();
    let has_force = words.iter().any(|word| word == "--force");
    if obstacle == Obstacle::Output && !has_force {
        // Right after the subcommand, because nothing after a bare -- is a flag.
        words.insert(2.min(words.len()), "--force".into());
    }
    words.join(" ")
}

/// The words, quoted for a POSIX shell.
pub(super) fn quoted_words(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The word, quoted for a POSIX shell if it needs to be.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, text) in [
            ("contacts.csv", "contacts.csv"),
            ("my list.csv", "'my list.csv'"),
            ("lists/*.csv", "'lists/*.csv'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), text);
        }
    }

    #[test]
    fn force_is_added_only_where_there_is_an_output() {
        let argv = ["hlr", "enrich", "a b.csv", "-o", "x.parquet"].map(OsString::from);
        assert_eq!(command(&argv, Obstacle::None), "hlr enrich 'a b.csv' -o x.parquet");
        assert_eq!(command(&argv, Obstacle::Output), "hlr enrich --force 'a b.csv' -o x.parquet");
        let forced = ["hlr", "run", "x.toml", "--force"].map(OsString::from);
        assert_eq!(command(&forced, Obstacle::Output), "hlr run x.toml --force");
    }
}
