//! The page of a run: one HTML file that needs nothing else, for a data team to read and a manager to understand.
//!
//! It has no script. What comes from outside is escaped by the template, so no text can become markup. Figures that the
//! summary has too carry their place in it, see [`figure`]. What is told is decided in [`super::report`].

mod amounts;
mod appendix;
mod costs;
mod episodes;
mod funnel;
mod latency;
mod meanings;
mod networks;
mod plot;
mod shares;
mod statuses;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod verdict;

use maud::{DOCTYPE, PreEscaped, html};

use super::run_report::RunReport;

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
pub fn render(report: &RunReport) -> String {
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
                title { (verdict::heading(report)) ": " (verdict::ending(report).trim_end_matches('.')) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (verdict::render(report))
                nav aria-label="Sections" {
                    @for (target, text) in CONTENTS { a href=(target) { (text) } }
                }
                main {
                    (appendix::warnings(report))
                    (funnel::in_and_out(report))
                    (funnel::funnel(report))
                    (statuses::statuses(report))
                    (networks::render(report))
                    (timeline::render(report))
                    (latency::render(report))
                    (costs::render(report))
                    (appendix::failures(report))
                    (appendix::settings(report))
                }
                (appendix::foot(report))
            }
        }
    };
    page.into_string()
}
