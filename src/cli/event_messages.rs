//! Events as sentences, and which of them are shown.

use std::sync::Mutex;
use std::time::Duration;

use miette::Diagnostic;
use tokio::time::Instant;

use super::args::Verbosity;
use crate::humanize::lasting;
use crate::lookup::StopReason;
use crate::sync;
use crate::telemetry::{Event, Reporter};

/// Throttling goes on for as long as it does; one note in this time is enough.
const BETWEEN_THROTTLING_NOTES: Duration = Duration::from_secs(10);
/// How long the second line speaks of throttling after the last of it.
const THROTTLING_IS_NEWS_FOR: Duration = Duration::from_secs(3);

/// Where the work leaves its events, for whoever shows them.
#[derive(Default)]
pub(super) struct Inbox(Mutex<Vec<Event>>);

impl Reporter for Inbox {
    fn event(&self, event: Event) {
        sync::lock(&self.0).push(event);
    }
}

impl Inbox {
    pub(super) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *sync::lock(&self.0))
    }
}

/// What the events say: some as notes that stay, and what is the matter right now.
pub(super) struct Notes {
    verbosity: Verbosity,
    throttling_noted: Option<Instant>,
    throttled: Option<(Instant, usize)>,
    /// Since when, and the same as people read it off a clock.
    outage: Option<(Instant, String)>,
}

impl Notes {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, throttling_noted: None, throttled: None, outage: None }
    }

    /// The note for this event, if it is worth one.
    pub(super) fn take_note(&mut self, event: &Event, now: Instant) -> Option<String> {
        match event {
            Event::OutageBegan { .. } => {
                let clock = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
                self.outage = Some((now, clock));
            }
            Event::EndpointRecovered { .. } => self.outage = None,
            Event::Throttled { in_flight_limit } => {
                self.throttled = Some((now, *in_flight_limit));
                let noted = self.throttling_noted;
                let recently = noted.is_some_and(|noted| now - noted < BETWEEN_THROTTLING_NOTES);
                if recently && self.verbosity < Verbosity::Verbose {
                    return None;
                }
                self.throttling_noted = Some(now);
            }
            _ => {}
        }
        (self.verbosity > Verbosity::Quiet).then(|| event.to_string())
    }

    /// What is the matter right now.
    pub(super) fn trouble(&self, now: Instant) -> Option<String> {
        let throttled = || {
            let (_, limit) = self.throttled.filter(|(at, _)| now - *at < THROTTLING_IS_NEWS_FOR)?;
            Some(format!("throttled by the service: at most {limit} in flight"))
        };
        let outage = || {
            let (since, clock) = self.outage.as_ref()?;
            let lasting = lasting(now - *since);
            Some(format!("no endpoint answers since {clock}, for {lasting}; probing now and then"))
        };
        outage().or_else(throttled)
    }
}

/// Why the run stops, and what to do about it.
pub(super) fn why(reason: &StopReason) -> String {
    match (reason, reason.help()) {
        (StopReason::Interrupted, _) => reason.to_string(),
        (_, Some(help)) => format!("stopped: {reason}; {help}"),
        (_, None) => format!("stopped: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn throttling_is_noted_now_and_then_and_shown_while_it_lasts() {
        let mut notes = Notes::new(Verbosity::Normal);
        let throttled = Event::Throttled { in_flight_limit: 40 };
        let start = Instant::now();
        assert!(notes.take_note(&throttled, start).is_some());
        assert!(notes.take_note(&throttled, start + Duration::from_secs(9)).is_none());
        assert!(notes.trouble(start + Duration::from_secs(10)).is_some_and(|text| text.contains("40")));
        assert!(notes.trouble(start + Duration::from_secs(13)).is_none());
        assert!(notes.take_note(&throttled, start + Duration::from_secs(11)).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_the_matter_until_an_endpoint_recovers() {
        let mut notes = Notes::new(Verbosity::Quiet);
        let now = Instant::now();
        let away = Duration::from_secs(5);
        let fault = crate::model::Fault {
            kind: crate::model::FaultKind::HttpStatus(503),
            billed: crate::model::Billed::No,
            retry_after: None,
        };
        assert_eq!(notes.take_note(&Event::OutageBegan { fault }, now), None);
        let trouble = notes.trouble(now + Duration::from_secs(90));
        assert!(trouble.is_some_and(|text| text.contains("since") && text.contains("for 90.0 s")));
        notes.take_note(&Event::EndpointRecovered { endpoint: "https://host:1".into(), away }, now);
        assert_eq!(notes.trouble(now), None);
    }
}
