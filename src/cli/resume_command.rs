//! The command to run next: the same command again, quoted so that it can be pasted into a shell.

use std::ffi::{OsStr, OsString};

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
    let mut words = argv.to_vec();
    // After a bare -- nothing is a flag.
    let has_force = words.iter().take_while(|word| *word != "--").any(|word| word == "--force");
    if obstacle == Obstacle::Output && !has_force {
        // Right after the subcommand.
        words.insert(2.min(words.len()), "--force".into());
    }
    quoted_words(&words)
}

/// A command of this program, by the name under which it was called.
pub(super) fn of_this_program(argv: &[OsString], command: &[OsString]) -> String {
    let program = argv.first().or(command.first());
    let words: Vec<OsString> = program.into_iter().chain(command.iter().skip(1)).cloned().collect();
    quoted_words(&words)
}

fn quoted_words(words: &[OsString]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The word, quoted for a POSIX shell if it needs to be. What a terminal would act on, or what is no
/// text, is written in octal digits, which bash, zsh, ksh and POSIX 2024 read.
fn quoted(word: &OsStr) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    match word.to_str() {
        // zsh takes a leading = for the name of a program.
        Some(text) if !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) => {
            text.to_owned()
        }
        Some(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let bytes = word.as_encoded_bytes().iter();
            let digits: String = bytes.map(|byte| in_ansi_quotes(*byte)).collect();
            format!("$'{digits}'")
        }
    }
}

fn in_ansi_quotes(byte: u8) -> String {
    match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::prelude::*;

    use super::super::args::{Arguments, Command};
    use super::*;
    use crate::config::RawConfig;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, text) in [
            ("contacts.csv", "contacts.csv"),
            ("my list.csv", "'my list.csv'"),
            ("lists/*.csv", "'lists/*.csv'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
            ("~/x", "'~/x'"),
            ("=x", "'=x'"),
            ("a\nb'", r"$'a\012b\''"),
        ] {
            assert_eq!(quoted(OsStr::new(word)), text);
        }
    }

    #[test]
    fn force_is_added_only_where_there_is_an_output() {
        let argv = ["hlr", "enrich", "a b.csv", "-o", "x.parquet"].map(OsString::from);
        assert_eq!(command(&argv, Obstacle::None), "hlr enrich 'a b.csv' -o x.parquet");
        assert_eq!(command(&argv, Obstacle::Output), "hlr enrich --force 'a b.csv' -o x.parquet");
        let forced = ["hlr", "run", "x.toml", "--force"].map(OsString::from);
        assert_eq!(command(&forced, Obstacle::Output), "hlr run x.toml --force");
        let list = ["hlr", "enrich", "-o", "x.csv", "--", "--force"].map(OsString::from);
        assert_eq!(command(&list, Obstacle::Output), "hlr enrich --force -o x.csv -- --force");
    }

    #[test]
    fn another_command_has_the_name_of_the_program_as_it_was_called() {
        let argv = ["./target/my hlr", "enrich"].map(OsString::from);
        let import = ["hlr", "ledger", "import", "a.csv"].map(OsString::from);
        assert_eq!(of_this_program(&argv, &import), "'./target/my hlr' ledger import a.csv");
    }

    /// What bash makes of a command line.
    #[cfg(unix)]
    fn words_in_bash(command: &str) -> Option<Vec<OsString>> {
        use std::os::unix::ffi::OsStringExt;

        let script = format!("printf '%s\\0' {command}");
        let output = std::process::Command::new("bash").args(["-c", &script]).output().ok()?;
        let mut words: Vec<_> =
            output.stdout.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect();
        words.pop();
        Some(words)
    }

    fn settings_of(argv: &[OsString]) -> Option<RawConfig> {
        match Arguments::try_parse_from(argv).ok()?.command {
            Command::Enrich(enrich) => Some(enrich.raw_config()),
            _ => None,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        /// A command that is pasted has the same settings, but for the permission to replace.
        #[cfg(unix)]
        #[test]
        fn the_printed_command_has_the_same_settings(
            list in "[^\u{0}-]\\PC{0,12}|[a-z'\"$`\\\\!*?~&|;<>() \t\n]{1,12}",
            prefix in "[a-z $'=~#]{1,6}",
            region in "[A-Z]{2}",
            column in "[^\u{0}-][\u{1}-\u{ff}]{0,8}",
            rate in 1_u32..500,
            simulated: bool,
            replaced: bool,
        ) {
            let mut argv = vec!["./my hlr".into(), "enrich".into(), list.clone(), "-o".into(), "o ut.csv".into()];
            argv.extend(["--prefix", &prefix, "--region", &region, "--column", &column].map(str::to_owned));
            argv.extend(["--rate".into(), rate.to_string()]);
            argv.extend(simulated.then(|| "--endpoint=simulator".to_owned()));
            let argv: Vec<OsString> = argv.into_iter().map(OsString::from).collect();
            let obstacle = if replaced { Obstacle::Output } else { Obstacle::None };
            let Some(pasted) = words_in_bash(&command(&argv, obstacle)) else { return Ok(()) };
            prop_assert_eq!(&pasted[0], &argv[0]);
            let Some(mut expected) = settings_of(&argv) else { return Err(TestCaseError::reject("refused")) };
            expected.force = expected.force.or(replaced.then_some(true));
            prop_assert!(settings_of(&pasted) == Some(expected), "{:?}", pasted);
        }

        #[cfg(unix)]
        #[test]
        fn any_bytes_come_back_from_the_shell(bytes in proptest::collection::vec(1_u8.., 0..24)) {
            use std::os::unix::ffi::OsStringExt;

            let word = OsString::from_vec(bytes);
            if let Some(words) = words_in_bash(&quoted(&word)) {
                prop_assert_eq!(words, [word]);
            }
        }
    }
}
