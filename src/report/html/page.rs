//! The whole page: head, sections in their order, and foot.

use maud::{DOCTYPE, PreEscaped, html};

use super::{appendix, costs, funnel, latency, networks, statuses, timeline, verdict};
use crate::report::run_report::RunReport;

const STYLE: &str = include_str!("style.css");
/// Whatever the page contained, a browser would load nothing and run nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The sections that the head links to.
const CONTENTS: [(&str, &str); 9] = [
    ("#files", "Input and output"),
    ("#funnel", "Funnel"),
    ("#statuses", "Statuses"),
    ("#countries", "Countries"),
    ("#timeline", "Over time"),
    ("#latency", "Latency"),
    ("#costs", "Costs"),
    ("#failures", "Failures"),
    ("#settings", "Settings"),
];

/// The report of a run as an HTML page.
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
