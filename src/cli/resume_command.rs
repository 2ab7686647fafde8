//! The command that takes a run up again: the same one, quoted for a shell.

use std::ffi::OsString;

/// What is in the way of the same command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// Nothing: the output does not have its name yet.
    None,
    /// The output of this run, which is to be replaced.
    Output,
}

/// The command that goes on.
pub(super) fn command(words: &[OsString], obstacle: Obstacle) -> String {
    let mut words: Vec<String> = words.iter().map(|word| quoted(&word.to_string_lossy())).collect();
    let replaces = words.iter().any(|word| word == "--force");
    if obstacle == Obstacle::Output && !replaces {
        // Behind the subcommand, because what follows a bare -- is no flag.
        words.insert(2.min(words.len()), "--force".into());
    }
    words.join(" ")
}

/// Words as a POSIX shell reads them back.
pub(super) fn quoted_words(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The word as a POSIX shell reads it back.
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
    fn a_shell_reads_back_what_was_written() {
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
    fn force_is_added_only_where_the_output_stands_in_the_way() {
        let words = ["hlr", "enrich", "a b.csv", "-o", "x.parquet"].map(OsString::from);
        assert_eq!(command(&words, Obstacle::None), "hlr enrich 'a b.csv' -o x.parquet");
        assert_eq!(command(&words, Obstacle::Output), "hlr enrich --force 'a b.csv' -o x.parquet");
        let forced = ["hlr", "run", "x.toml", "--force"].map(OsString::from);
        assert_eq!(command(&forced, Obstacle::Output), "hlr run x.toml --force");
    }
}
