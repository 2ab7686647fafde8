//! The answers that wait for their commit: workers add them, the committer takes them in groups.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::answer_store::PaidAnswer;
use super::unsaved_answers::AnswerRoom;
use crate::model::Msisdn;
use crate::sync;

/// An answer that waits, with its room.
pub(super) type Waiting = (PaidAnswer, AnswerRoom);

/// The queue between the workers and the committer. The room for answers bounds its length.
#[derive(Debug)]
pub(super) struct CommitQueue {
    state: Mutex<State>,
    changed: Condvar,
    /// A group is committed before its time when it has this many answers.
    full_group: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Waiting>,
    /// Numbers whose answers are taken back, after those that wait are committed.
    withdrawn: Vec<Msisdn>,
    /// Whether nothing more will be added.
    closed: bool,
    /// Whether the run is over, so that its marker can go.
    ends_cleanly: bool,
    /// Whether the committer has ended.
    ended: bool,
    /// When the last group was taken.
    last_group: Option<Instant>,
}

/// What is committed at once.
pub(super) struct Group {
    pub(super) answers: Vec<Waiting>,
    /// Numbers whose answers, in this group or before it, are taken back.
    pub(super) withdrawn: Vec<Msisdn>,
}

impl State {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.withdrawn.is_empty()
    }
}

impl CommitQueue {
    pub(super) fn new(full_group: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), full_group: full_group.max(1) }
    }

    /// Adds an answer. Returns it if the committer has ended.
    pub(super) fn push(&self, paid: PaidAnswer, room: AnswerRoom) -> Result<(), PaidAnswer> {
        let count = {
            let mut state = sync::lock(&self.state);
            if state.ended {
                return Err(paid);
            }
            state.waiting.push((paid, room));
            state.waiting.len()
        };
        // In between, the committer has no reason to wake up.
        if count == 1 || count == self.full_group {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// The answers since the last group; `None` if there will be no more. There are at most as many
    /// groups as intervals, so that an answer after a pause does not wait.
    pub(super) fn next_group(&self, interval: Duration) -> Option<Group> {
        let never_poisoned = "no code panics while it holds a lock";
        let mut state = sync::lock(&self.state);
        while state.is_empty() && !state.closed {
            state = self.changed.wait(state).expect(never_poisoned);
        }
        if state.is_empty() {
            return None;
        }
        let gathers = |state: &mut State| !state.closed && state.waiting.len() < self.full_group;
        let rest = state.last_group.map_or(Duration::ZERO, |last| interval.saturating_sub(last.elapsed()));
        let waited = self.changed.wait_timeout_while(state, rest, gathers);
        let (mut state, _) = waited.expect(never_poisoned);
        state.last_group = Some(Instant::now());
        let (answers, withdrawn) = (std::mem::take(&mut state.waiting), std::mem::take(&mut state.withdrawn));
        Some(Group { answers, withdrawn })
    }

    /// Takes back the answers of these numbers.
    pub(super) fn withdraw(&self, numbers: &[Msisdn]) {
        sync::lock(&self.state).withdrawn.extend(numbers);
        self.changed.notify_one();
    }

    /// Announces that nothing more will be added. `cleanly`: the run is over.
    pub(super) fn close(&self, cleanly: bool) {
        {
            let mut state = sync::lock(&self.state);
            state.ends_cleanly |= cleanly && !state.closed;
            state.closed = true;
        }
        self.changed.notify_one();
    }

    /// Whether the queue was closed because the run is over.
    pub(super) fn ends_cleanly(&self) -> bool {
        sync::lock(&self.state).ends_cleanly
    }

    /// The end of the committer: nothing can be added any more. Returns what was left.
    pub(super) fn end(&self) -> Vec<Waiting> {
        let mut state = sync::lock(&self.state);
        state.ended = true;
        std::mem::take(&mut state.waiting)
    }
}
