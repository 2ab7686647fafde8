//! The state of one endpoint: usable, or suspended after repeated failures and probed now and then.

use std::time::Duration;

/// This many failures in a row suspend an endpoint. At 5 % of random faults, a healthy endpoint is
/// suspended once in 10,000,000,000,000 requests.
pub(super) const FAILURES_IN_A_ROW: u32 = 10;
/// This many are enough if they took [`FEW_FAILURES_TIME`], as at the end of a run, when few
/// requests are sent.
pub(super) const FEW_FAILURES: u32 = 3;
/// See [`FEW_FAILURES`].
pub(super) const FEW_FAILURES_TIME: Duration = Duration::from_secs(2);
/// The pause before the first probe. It doubles with each probe that fails.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between probes.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To get an answer.
    Answer,
    /// To find out whether an endpoint works again. If it fails, the number loses no attempt.
    Probe,
}

/// The state of one endpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointState {
    /// Failures in a row.
    failures: u32,
    /// When the first of these failures was.
    failing_since: Duration,
    suspension: Option<Suspension>,
}

/// A time in which only probes are sent to an endpoint.
#[derive(Clone, Debug)]
pub(super) struct Suspension {
    pub(super) since: Duration,
    pause: Duration,
    next_probe: Duration,
    /// Whether a probe is in flight.
    probing: bool,
}

impl EndpointState {
    /// Whether the last request was answered.
    pub(super) fn is_healthy(&self) -> bool {
        self.failures == 0 && self.suspension.is_none()
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.suspension.is_some()
    }

    /// What a request may be sent for now; `None` if none may be sent. A probe counts as sent.
    pub(super) fn admit(&mut self, now: Duration) -> Option<Purpose> {
        match &mut self.suspension {
            None => Some(Purpose::Answer),
            Some(suspension) if suspension.may_be_probed(now) => {
                suspension.probing = true;
                Some(Purpose::Probe)
            }
            Some(_) => None,
        }
    }

    /// How long until a request may be sent. While a probe is in flight, its end wakes the waiters.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        match &self.suspension {
            Some(suspension) if suspension.probing => MAX_PAUSE,
            Some(suspension) => suspension.next_probe.saturating_sub(now),
            None => Duration::ZERO,
        }
    }

    /// Counts a failure. Returns the pause if this failure suspended the endpoint.
    pub(super) fn fail(&mut self, purpose: Purpose, now: Duration) -> Option<Duration> {
        if self.failures == 0 {
            self.failing_since = now;
        }
        self.failures += 1;
        let enough = self.failures >= FAILURES_IN_A_ROW
            || self.failures >= FEW_FAILURES && now.saturating_sub(self.failing_since) >= FEW_FAILURES_TIME;
        match &mut self.suspension {
            Some(suspension) if purpose == Purpose::Probe => {
                let pause = (suspension.pause * 2).min(MAX_PAUSE);
                let since = suspension.since;
                *suspension = Suspension { since, pause, next_probe: now + pause, probing: false };
                None
            }
            // A request that was in flight when the endpoint was suspended says nothing new.
            Some(_) => None,
            None if !enough => None,
            None => {
                let next_probe = now + FIRST_PAUSE;
                self.suspension =
                    Some(Suspension { since: now, pause: FIRST_PAUSE, next_probe, probing: false });
                Some(FIRST_PAUSE)
            }
        }
    }

    /// Ends a probe that has found out nothing.
    pub(super) fn end_probe(&mut self, now: Duration) {
        if let Some(suspension) = &mut self.suspension {
            (suspension.probing, suspension.next_probe) = (false, now + FIRST_PAUSE);
        }
    }

    /// Counts a sign of life, and returns the suspension that it ends. Only a probe can end one:
    /// other requests may have been sent before the suspension.
    pub(super) fn recover(&mut self, purpose: Purpose) -> Option<Suspension> {
        if self.suspension.is_some() && purpose == Purpose::Answer {
            return None;
        }
        self.failures = 0;
        self.suspension.take()
    }
}

impl Suspension {
    fn may_be_probed(&self, now: Duration) -> bool {
        !self.probing && now >= self.next_probe
    }
}
