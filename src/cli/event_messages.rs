//! Events and stop reasons as messages for people, and which events are shown.

use std::sync::Mutex;
use std::time::Duration;

use miette::Diagnostic;
use tokio::time::Instant;

use super::args::Verbosity;
use crate::humanize::lasting;
use crate::lookup::StopReason;
use crate::sync;
use crate::telemetry::{Event, Reporter};

/// The minimum time between two notes about throttling, which may last for hours.
const THROTTLING_NOTE_INTERVAL: Duration = Duration::from_secs(10);
/// How long throttling counts as current trouble after its last event.
const THROTTLING_LASTS: Duration = Duration::from_secs(3);

/// Events that were reported and not yet shown.
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

/// Turns events into notes that stay, and into a line about current trouble.
pub(super) struct Notes {
    verbosity: Verbosity,
    throttling_noted: Option<Instant>,
    throttled: Option<(Instant, usize)>,
    /// When the outage began, also as local time.
    outage: Option<(Instant, String)>,
}

impl Notes {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, throttling_noted: None, throttled: None, outage: None }
    }

    /// The note for this event, if one is to be shown.
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
                let is_recent = noted.is_some_and(|noted| now - noted < THROTTLING_NOTE_INTERVAL);
                if is_recent && self.verbosity < Verbosity::Verbose {
                    return None;
                }
                self.throttling_noted = Some(now);
            }
            _ => {}
        }
        (self.verbosity > Verbosity::Quiet).then(|| event.to_string())
    }

    /// The current trouble, if there is any.
    pub(super) fn trouble(&self, now: Instant) -> Option<String> {
        let throttled = || {
            let (_, limit) = self.throttled.filter(|(at, _)| now - *at < THROTTLING_LASTS)?;
            Some(format!("throttled by the service: at most {limit} requests in flight"))
        };
        let outage = || {
            let (since, clock) = self.outage.as_ref()?;
            let lasting = lasting(now - *since);
            Some(format!("no endpoint answers since {clock} ({lasting}); probing"))
        };
        outage().or_else(throttled)
    }
}

/// Why the run stopped.
pub(super) fn stop_message(reason: &StopReason) -> String {
    match reason {
        StopReason::Interrupted => reason.to_string(),
        _ => format!("stopped: {reason}"),
    }
}

/// What to do about it. After a cap or an interruption it is enough to resume.
pub(super) fn stop_help(reason: &StopReason) -> Option<String> {
    reason.help().map(|help| help.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn throttling_is_noted_at_intervals_and_shown_while_it_lasts() {
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
    async fn an_outage_is_trouble_until_an_endpoint_recovers() {
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
        assert!(trouble.is_some_and(|text| text.contains("since") && text.contains("(90.0 s)")));
        notes.take_note(&Event::EndpointRecovered { endpoint: "https://host:1".into(), away }, now);
        assert_eq!(notes.trouble(now), None);
    }
}
