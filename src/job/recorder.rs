//! Records what the report of a run needs: its id, its start, a timeline of counts and events.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use crate::model::UtcMillis;
use crate::sync;
use crate::task::AbortOnDrop;
use crate::telemetry::timeline::{Mark, Point, Timeline};
use crate::telemetry::{Counters, Event, Reporter};

/// How often a point is offered to the timeline, which keeps as many as it has room for.
const POINT_INTERVAL: Duration = Duration::from_millis(100);
/// The minimum time between two throttling marks, in seconds. Throttling may last for hours.
const THROTTLING_MARK_INTERVAL: f64 = 1.0;

/// Records a running job. Passes events on to the next reporter.
pub(crate) struct Recorder {
    /// Identifies the run: its start and four random hexadecimal digits.
    pub(crate) run_id: String,
    pub(crate) started_at: UtcMillis,
    since: Instant,
    timeline: Mutex<Timeline>,
    counters: Arc<Counters>,
    next: Arc<dyn Reporter>,
}

impl Recorder {
    pub(crate) fn new(run_id: String, counters: Arc<Counters>, next: Arc<dyn Reporter>) -> Self {
        let (started_at, since) = (UtcMillis::now(), Instant::now());
        Self { run_id, started_at, since, timeline: Mutex::default(), counters, next }
    }

    /// Adds points to the timeline until the task is dropped.
    pub(crate) fn follow(self: &Arc<Self>) -> AbortOnDrop<()> {
        let this = self.clone();
        AbortOnDrop::spawn(async move {
            let mut ticks = tokio::time::interval(POINT_INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                let now = this.now();
                this.lock().offer(now);
            }
        })
    }

    /// How long the run has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// The timeline, up to now.
    pub(crate) fn timeline(&self) -> Timeline {
        let mut timeline = self.lock().clone();
        timeline.end(self.now());
        timeline
    }

    fn now(&self) -> Point {
        Point::now(&self.counters, self.since.elapsed().as_secs_f64())
    }

    fn lock(&self) -> MutexGuard<'_, Timeline> {
        sync::lock(&self.timeline)
    }
}

impl Reporter for Recorder {
    fn event(&self, event: Event) {
        let mark =
            Mark { seconds: self.since.elapsed().as_secs_f64(), kind: event.kind(), text: event.to_string() };
        let mut timeline = self.lock();
        let is_repeated = timeline.marks.last().is_some_and(|last| {
            last.kind == "throttled"
                && mark.kind == last.kind
                && mark.seconds - last.seconds < THROTTLING_MARK_INTERVAL
        });
        if !is_repeated {
            timeline.mark(mark);
        }
        drop(timeline);
        self.next.event(event);
    }
}

/// `20261124-210311-3f9a`: the time in UTC, and four random digits.
pub(crate) fn new_run_id() -> String {
    let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    format!("{}-{:04x}", now.strftime("%Y%m%d-%H%M%S"), fastrand::u16(..))
}
