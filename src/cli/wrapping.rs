//! Lines of text that wrap at words.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// By how much continuation lines are indented more than their first line.
const HANGING_INDENT: &str = "  ";
/// In narrower terminals lines have this width, and the terminal itself breaks them.
const MIN_WIDTH: usize = 40;
/// Stands for a space at which no line breaks. Private use, so no text has it.
const BOUND_SPACE: char = '\u{e000}';

/// Wraps each line at words. Words stay whole, even if one is longer than a line, so that flags,
/// file names and URLs can be copied.
pub(super) fn wrap(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrap_line(line, width.max(MIN_WIDTH))).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    let content = line.trim_start_matches(' ');
    let indent = &line[..line.len() - content.len()];
    let content = bind_figures(content);
    let hanging = format!("{indent}{HANGING_INDENT}");
    let options = Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(&hanging)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(&content, options).replace(BOUND_SPACE, " ")
}

/// Replaces the spaces within figures, as in `51 041` and `14.9 %`, so that no line breaks there.
fn bind_figures(text: &str) -> String {
    let mut bound = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut previous = ' ';
    while let Some(char) = chars.next() {
        let is_followed = chars.peek().is_some_and(|next| next.is_ascii_digit() || *next == '%');
        let is_within = char == ' ' && previous.is_ascii_digit() && is_followed;
        bound.push(if is_within { BOUND_SPACE } else { char });
        previous = char;
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "price 0.004 (--price); rate 1500/s (--rate); concurrency 256 (loopback); timeout 10s, \
                        attempts 4 (default); ledger none (--no-ledger)";

    #[test]
    fn a_line_wraps_at_words_with_a_hanging_indent() {
        for (width, expected) in [
            (
                60,
                "price 0.004 (--price); rate 1500/s (--rate); concurrency 256\n  \
                 (loopback); timeout 10s, attempts 4 (default); ledger none\n  \
                 (--no-ledger)",
            ),
            (
                80,
                "price 0.004 (--price); rate 1500/s (--rate); concurrency 256 (loopback); timeout\n  \
                 10s, attempts 4 (default); ledger none (--no-ledger)",
            ),
            (
                120,
                "price 0.004 (--price); rate 1500/s (--rate); concurrency 256 (loopback); timeout 10s, \
                 attempts 4 (default); ledger none\n  (--no-ledger)",
            ),
            (200, NOTE),
        ] {
            assert_eq!(wrap(NOTE, width), expected, "at {width} columns");
        }
    }

    #[test]
    fn no_line_is_longer_than_the_terminal() {
        for width in 60..=140 {
            for line in wrap(NOTE, width).lines() {
                assert!(line.chars().count() <= width, "{line:?} at {width} columns");
            }
        }
    }

    #[test]
    fn each_line_of_an_error_keeps_its_indent() {
        let error = "error: cannot write out.parquet\n  caused by: there is no folder for it, and none is created \
                     by hlr itself\nhelp: create the folder, or name another output with --output FILE";
        assert_eq!(
            wrap(error, 60),
            "error: cannot write out.parquet\n  \
             caused by: there is no folder for it, and none is created\n    \
             by hlr itself\n\
             help: create the folder, or name another output with\n  \
             --output FILE"
        );
    }

    #[test]
    fn words_stay_whole_and_tables_stay_as_they_are() {
        let url = format!("https://{}.example.com:3701 answers again", "x".repeat(70));
        assert_eq!(wrap(&url, 60), url.replacen(' ', "\n  ", 1));
        let table =
            "\n  rows                                     4 000\n    answered        2 550   63.7 %\n";
        assert_eq!(wrap(table, 60), table);
    }

    #[test]
    fn figures_stay_whole() {
        let text =
            "stopped: the cap is reached; out.partial.parquet has 8 941 finished rows, which are 14.9 %";
        for width in 60..100 {
            let wrapped = wrap(text, width);
            assert!(wrapped.contains("8 941") && wrapped.contains("14.9 %"), "{wrapped}");
        }
    }

    #[test]
    fn colours_have_no_width() {
        let styled = "\x1b[1m\x1b[31merror:\x1b[0m the list has no column that looks like a phone number";
        assert!(!wrap(styled, 60).contains('\n'), "{:?}", wrap(styled, 60));
    }
}
