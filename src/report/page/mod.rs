//! The page of a run: one HTML file that needs nothing else, for a data team to read and a manager to understand.
//!
//! It has no script. What comes from outside is escaped by the template, so no text can become markup. Figures that the
//! summary has too carry their place in it, see [`figure`]. What is told is decided in [`super::story`].

mod circumstances;
mod costs;
mod course;
mod delays;
mod episodes;
mod figure;
mod flow;
mod places;
mod plot;
mod shares;
mod statuses;
mod table;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

use maud::{DOCTYPE, PreEscaped, html};

use crate::report::story::Story;

const STYLE: &str = include_str!("style.css");
/// Whatever were in the page, a browser would load nothing and run nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The sections that the head links to.
const CONTENTS: [(&str, &str); 9] = [
    ("#flow", "In and out"),
    ("#funnel", "Funnel"),
    ("#statuses", "Statuses"),
    ("#places", "Countries"),
    ("#course", "Over time"),
    ("#latency", "Latency"),
    ("#costs", "Money"),
    ("#failures", "Failures"),
    ("#settings", "Settings"),
];

/// The page that tells a run.
#[must_use]
pub fn render(story: &Story) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="format-detection" content="telephone=no";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (verdict::heading(story)) ": " (verdict::ending(story).trim_end_matches('.')) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (verdict::render(story))
                nav aria-label="Sections" {
                    @for (target, text) in CONTENTS { a href=(target) { (text) } }
                }
                main {
                    (circumstances::warnings(story))
                    (flow::in_and_out(story))
                    (flow::funnel(story))
                    (statuses::statuses(story))
                    (places::render(story))
                    (course::render(story))
                    (delays::render(story))
                    (costs::render(story))
                    (circumstances::failures(story))
                    (circumstances::settings(story))
                }
                (circumstances::foot(story))
            }
        }
    };
    page.into_string()
}
