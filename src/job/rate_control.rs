//! The rate of a running job, which follows its schedule.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use tokio::sync::watch;

use super::Job;
use crate::config::rate_schedule::RatePlan;
use crate::enricher::SessionGuard;
use crate::lookup::Rate;
use crate::task::AbortOnDrop;
use crate::telemetry::{Event, Reporter};

/// The rate of a running job, which follows its schedule. Clones control the same job.
#[derive(Clone)]
pub struct RateControl(Arc<watch::Sender<RatePlan>>);

impl RateControl {
    /// Follows the plan until the task is dropped.
    pub(crate) fn follow(
        plan: RatePlan,
        session: Arc<SessionGuard>,
        reporter: Arc<dyn Reporter>,
    ) -> (Self, AbortOnDrop<()>) {
        let mut current = plan.otherwise;
        let (sender, mut plans) = watch::channel(plan);
        let sender = Arc::new(sender);
        let following = AbortOnDrop::spawn({
            // Keeps the channel open when every `RateControl` is dropped.
            let sender = sender.clone();
            async move {
                loop {
                    let now = Zoned::now();
                    let rate = sender.borrow().at(now.time());
                    if rate != current {
                        current = rate;
                        session.set_rate(rate);
                        reporter.event(Event::RateChanged { rate: rate.map(Rate::get) });
                    }
                    tokio::select! {
                        () = tokio::time::sleep(to_next_second(&now)) => {}
                        _ = plans.changed() => {}
                    }
                }
            }
        });
        (Self(sender), following)
    }

    /// Takes the rate and the schedule of another job, and nothing else of it.
    pub fn take_from(&self, job: &Job) {
        self.0.send_replace(job.resolved.rate_plan.clone());
    }
}

/// How long until the next second begins. The clock is looked at in each, because it may be set,
/// and summer time starts and ends.
fn to_next_second(now: &Zoned) -> Duration {
    Duration::from_nanos((1_000_000_000 - now.subsec_nanosecond()).unsigned_abs().into())
}
