//! Chooses the next lookup so that one slow network does not take every permit.
//!
//! How long an answer takes depends on the number's network, and a sorted list puts the numbers of
//! one network together. As a rule the oldest lookup is next. But numbers of ranges that are not
//! known to be fast may take only most of the permits: after that, the oldest lookup of a fast
//! range is next. Of a range without measurements only a few numbers are sent at first. If no other
//! numbers wait, these limits do not apply.
//!
//! The scheduler only decides the order. It skips a number only on request (`skip_useless`).
//!
//! Its memory is bounded: a queue gives back the room that it does not need any more, and of ranges
//! without numbers only those that were used last are remembered.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use foldhash::fast::FixedState;

use super::pending_lookup::PendingLookup;
use crate::model::NumberRange;

/// The share of the permits for ranges that are not known to be fast.
const SHARE_NOT_FAST: f64 = 0.8;
/// The share of the permits for one range without measurements, and its minimum.
const SHARE_UNMEASURED: f64 = 0.125;
const MIN_UNMEASURED: usize = 4;
/// A range is fast if it takes at most this many times as long as the fastest one.
const FAST_FACTOR: u32 = 4;
/// Or less than this: a shorter wait is not worth a change of order.
const FAST_ANYWAY: Duration = Duration::from_millis(250);
/// A range is measured after this many answers.
const MEASURED_AFTER: u32 = 3;
/// The latest answer has the weight 1 / `AVERAGE_OVER` in the average of its range.
const AVERAGE_OVER: u32 = 8;
/// This many numbers in a row without a useful answer make a range useless; it is reported again
/// after each further such count.
const USELESS_IN_A_ROW: u32 = 300;
/// Of a useless range, one number in this many is still looked up: the range may have recovered.
const SAMPLE_OF_SKIPPED: u32 = 100;
/// The fastest range is determined again after this many answers.
const FASTEST_UPDATED_AFTER: u32 = 256;

/// At most this many ranges are remembered, besides those with numbers that wait or are in flight:
/// some 10 MiB. What is forgotten first is measured again.
const REMEMBERED_RANGES: usize = 65_536;
/// A queue keeps room for this many lookups, however few it has.
const KEPT_ROOM: usize = 16;

/// The lookups that are due, and what is known about their ranges.
#[derive(Debug, Default)]
pub(super) struct RangeScheduler {
    ranges: HashMap<NumberRange, RangeQueue, FixedState>,
    /// By speed class, the oldest lookup of each range that has one, in order of age.
    waiting: [BTreeSet<(i64, NumberRange)>; 4],
    /// How many numbers are in flight.
    in_flight: usize,
    /// How many of them were taken when their range was not known to be fast.
    not_fast_in_flight: usize,
    /// How many numbers of a range without measurements may be in flight.
    unmeasured_limit: usize,
    fastest: Option<Duration>,
    answers_until_update: u32,
    skip_useless: bool,
    /// How many lookups were taken.
    turns: u64,
    /// With more ranges than this, some are forgotten.
    forget_above: usize,
    /// The ages of the next lookups before and behind all others.
    front: i64,
    back: i64,
}

/// The waiting lookups of one range, and its measurements.
#[derive(Debug, Default)]
struct RangeQueue {
    waiting: VecDeque<(i64, PendingLookup)>,
    answers: u32,
    average: Duration,
    in_flight: usize,
    speed: SpeedClass,
    /// How many numbers in a row got no useful answer at their first attempt.
    useless: u32,
    /// How many lookups were taken since the range became useless.
    turns_while_useless: u32,
    /// When the last lookup was taken, in turns of the scheduler.
    last_turn: u64,
}

/// What is known about a range. The value is an index in [`RangeScheduler::waiting`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SpeedClass {
    /// Its answers come quickly.
    Fast,
    /// It has no measurements yet.
    #[default]
    Unmeasured,
    /// Its answers take long.
    Slow,
    /// It has no measurements yet, and enough of its numbers are in flight.
    UnmeasuredAtLimit,
}

/// A range whose numbers get no useful answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UselessRange {
    pub(super) range: NumberRange,
    /// How many numbers in a row got no useful answer.
    pub(super) in_a_row: u32,
    /// Whether further ones are skipped.
    pub(super) is_skipped: bool,
}

/// A lookup that was taken, until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scheduled {
    range: NumberRange,
    /// Whether its range was known to be fast.
    as_fast: bool,
    /// Whether the number is not looked up, because its range is useless.
    pub(super) is_skipped: bool,
}

impl RangeScheduler {
    pub(super) fn new(skip_useless: bool) -> Self {
        Self { skip_useless, forget_above: REMEMBERED_RANGES, ..Self::default() }
    }

    /// Adds a lookup behind all others.
    pub(super) fn push_back(&mut self, lookup: PendingLookup) {
        self.back += 1;
        self.push(self.back, lookup);
    }

    /// Adds a lookup before all others.
    pub(super) fn push_front(&mut self, lookup: PendingLookup) {
        self.front -= 1;
        self.push(self.front, lookup);
    }

    fn push(&mut self, age: i64, lookup: PendingLookup) {
        let range = NumberRange::of(lookup.msisdn);
        if self.ranges.len() >= self.forget_above && !self.ranges.contains_key(&range) {
            self.forget_ranges();
        }
        let queue = self.ranges.entry(range).or_default();
        let set = &mut self.waiting[queue.speed as usize];
        match queue.waiting.front() {
            Some((first, _)) if *first < age => queue.waiting.push_back((age, lookup)),
            first => {
                if let Some((first, _)) = first {
                    set.remove(&(*first, range));
                }
                queue.waiting.push_front((age, lookup));
                set.insert((age, range));
            }
        }
    }

    /// Takes the next lookup, if at most `limit` numbers may be in flight.
    pub(super) fn take(&mut self, limit: usize) -> Option<(PendingLookup, Scheduled)> {
        let (age, range) = self.next(limit)?;
        let queue = self.ranges.get_mut(&range).expect("a waiting range is in the table");
        let lookup = queue.pop_front().expect("a waiting range has a lookup");
        self.turns += 1;
        queue.last_turn = self.turns;
        let is_skipped = self.skip_useless && queue.is_skipped();
        let scheduled = Scheduled { range, as_fast: queue.speed == SpeedClass::Fast, is_skipped };
        queue.in_flight += 1;
        self.in_flight += 1;
        self.not_fast_in_flight += usize::from(!scheduled.as_fast);
        let set = &mut self.waiting[queue.speed as usize];
        set.remove(&(age, range));
        set.extend(queue.waiting.front().map(|(age, _)| (*age, range)));
        self.unmeasured_limit = ((limit as f64 * SHARE_UNMEASURED) as usize).max(MIN_UNMEASURED);
        self.classify(range);
        Some((lookup, scheduled))
    }

    /// The age and the range of the next lookup.
    fn next(&self, limit: usize) -> Option<(i64, NumberRange)> {
        let [fast, unmeasured, slow, at_limit] = self.waiting.each_ref().map(BTreeSet::first);
        let oldest = |sets: &[Option<&(i64, NumberRange)>]| sets.iter().flatten().min().map(|next| **next);
        let max_not_fast = ((limit as f64 * SHARE_NOT_FAST) as usize).max(1);
        let next = if self.in_flight < limit / 2 {
            oldest(&[fast, unmeasured, slow, at_limit])
        } else if self.not_fast_in_flight < max_not_fast {
            oldest(&[fast, unmeasured, slow])
        } else {
            oldest(&[fast, unmeasured])
        };
        next.or_else(|| oldest(&[slow, at_limit]))
    }

    /// Ends a lookup's turn; `latency` is how long it took, if that was measured.
    pub(super) fn finish(&mut self, scheduled: Scheduled, latency: Option<Duration>) {
        self.not_fast_in_flight -= usize::from(!scheduled.as_fast);
        self.range_mut(scheduled.range).in_flight -= 1;
        self.in_flight -= 1;
        if let Some(latency) = latency {
            self.record_latency(scheduled.range, latency);
        }
        self.classify(scheduled.range);
    }

    /// Records whether a number got a useful answer. Returns its range if hundreds in a row did
    /// not.
    pub(super) fn record_usefulness(
        &mut self,
        scheduled: Scheduled,
        is_useful: bool,
    ) -> Option<UselessRange> {
        let is_skipped = self.skip_useless;
        let queue = self.range_mut(scheduled.range);
        queue.useless = if is_useful { 0 } else { queue.useless + 1 };
        let in_a_row = queue.useless;
        let is_reported = in_a_row > 0 && in_a_row.is_multiple_of(USELESS_IN_A_ROW);
        is_reported.then_some(UselessRange { range: scheduled.range, in_a_row, is_skipped })
    }

    fn record_latency(&mut self, range: NumberRange, latency: Duration) {
        let queue = self.range_mut(range);
        queue.answers = queue.answers.saturating_add(1);
        queue.average = match queue.answers {
            1 => latency,
            _ => (queue.average * (AVERAGE_OVER - 1) + latency) / AVERAGE_OVER,
        };
        let (is_measured, average) = (queue.answers >= MEASURED_AFTER, queue.average);
        self.answers_until_update = self.answers_until_update.saturating_sub(1);
        if self.fastest.is_none() {
            self.fastest = is_measured.then_some(average);
        } else if self.answers_until_update == 0 {
            // Where there are many ranges, so that an answer never costs more than a few of them.
            self.answers_until_update = FASTEST_UPDATED_AFTER.max(self.ranges.len() as u32 / 4);
            let measured = self.ranges.values().filter(|queue| queue.answers >= MEASURED_AFTER);
            self.fastest = measured.map(|queue| queue.average).min();
        }
    }

    fn classify(&mut self, range: NumberRange) {
        let max_fast = self.fastest.map(|fastest| (fastest * FAST_FACTOR).max(FAST_ANYWAY));
        let queue = self.ranges.get_mut(&range).expect("the range is in the table");
        let speed = match queue.answers >= MEASURED_AFTER {
            true if max_fast.is_some_and(|max_fast| queue.average <= max_fast) => SpeedClass::Fast,
            true => SpeedClass::Slow,
            false if queue.in_flight >= self.unmeasured_limit => SpeedClass::UnmeasuredAtLimit,
            false => SpeedClass::Unmeasured,
        };
        if speed == queue.speed {
            return;
        }
        if let Some((age, _)) = queue.waiting.front() {
            self.waiting[queue.speed as usize].remove(&(*age, range));
            self.waiting[speed as usize].insert((*age, range));
        }
        queue.speed = speed;
    }

    /// Forgets half of the ranges without numbers: those that were not used for longest. Useless
    /// ones are kept, because each costs some hundred lookups to find out.
    fn forget_ranges(&mut self) {
        let key = |queue: &RangeQueue| (queue.useless >= USELESS_IN_A_ROW, queue.last_turn);
        let idle = self.ranges.values().filter(|queue| queue.is_idle());
        let mut keys: Vec<_> = idle.map(key).collect();
        if !keys.is_empty() {
            let middle = keys.len() / 2;
            let (_, last_forgotten, _) = keys.select_nth_unstable(middle);
            let last_forgotten = *last_forgotten;
            self.ranges.retain(|_, queue| !queue.is_idle() || key(queue) > last_forgotten);
        }
        // Those that are busy cannot be forgotten.
        self.forget_above = self.ranges.len() + REMEMBERED_RANGES / 2;
    }

    /// Takes all lookups, oldest first.
    pub(super) fn drain(&mut self) -> Vec<PendingLookup> {
        let mut left: Vec<_> = self.ranges.values_mut().flat_map(|queue| queue.waiting.drain(..)).collect();
        left.sort_unstable_by_key(|(age, _)| *age);
        self.waiting = Default::default();
        left.into_iter().map(|(_, lookup)| lookup).collect()
    }

    fn range_mut(&mut self, range: NumberRange) -> &mut RangeQueue {
        self.ranges.get_mut(&range).expect("a scheduled range is in the table")
    }
}

impl RangeQueue {
    fn pop_front(&mut self) -> Option<PendingLookup> {
        let (_, lookup) = self.waiting.pop_front()?;
        let (needed, room) = (self.waiting.len().max(KEPT_ROOM / 2), self.waiting.capacity());
        if room > KEPT_ROOM && room / 4 >= needed {
            self.waiting.shrink_to(2 * needed);
        }
        Some(lookup)
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight == 0
    }

    /// Whether to skip the lookup that was just taken, if useless ranges are skipped.
    fn is_skipped(&mut self) -> bool {
        if self.useless < USELESS_IN_A_ROW {
            self.turns_while_useless = 0;
            return false;
        }
        self.turns_while_useless += 1;
        !self.turns_while_useless.is_multiple_of(SAMPLE_OF_SKIPPED)
    }
}

#[cfg(test)]
mod tests;
