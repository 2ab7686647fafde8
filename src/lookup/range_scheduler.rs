//! Which of the due questions is asked next, so that one slow network does not take every place in flight.
//!
//! How long an answer takes depends on the number's network, and a sorted list puts one network's numbers together. The
//! oldest question is next, as a rule. But numbers whose range is not known to be quick may take most places only, not
//! all: when they have them, the oldest question of a quick range is next. And of a range that nothing is known of yet
//! only a few are asked at first. Where nobody else waits, all of them take the rest too.
//!
//! A range is the numbers that have all but their last six digits in common: a million neighbours, which are one
//! operator's more often than not. Nothing here is a decision about a number, only about its turn.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use foldhash::fast::FixedState;

use super::queue::PendingLookup;
use crate::model::NumberRange;

/// The part of the places in flight that ranges may take which are not known to be quick.
const PART_FOR_OTHERS: f64 = 0.8;
/// The part that a range may take of which nothing is known yet, and the least that this may be.
const PART_FOR_STRANGERS: f64 = 0.125;
const LEAST_FOR_STRANGERS: usize = 4;
/// A range is quick unless it takes so many times as long as the quickest one.
const TIMES_THE_QUICKEST: u32 = 4;
/// Or less than this: below it, no range is worth waiting for another.
const QUICK_IN_ANY_CASE: Duration = Duration::from_millis(250);
/// A range is known after so many answers.
const KNOWN_AFTER: u32 = 3;
/// How much the latest answer counts in the average of its range: one in so many.
const MEMORY: u32 = 8;
/// So many numbers in a row without a useful answer are worth a word, and each further time as many again.
const USELESS_IN_A_ROW: u32 = 300;
/// Of a range that is skipped for that, one number in so many is asked all the same: it may have become useful.
const ASKED_OF_THE_SKIPPED: u32 = 100;
/// After so many answers it is looked anew which range is the quickest.
const BETWEEN_LOOKS: u32 = 256;

/// The due questions, and what is known of the ranges of numbers.
#[derive(Debug, Default)]
pub(super) struct RangeScheduler {
    ranges: HashMap<NumberRange, RangeQueue, FixedState>,
    /// The oldest question of each range that has one, by age, apart by what is known of the range.
    waiting: [BTreeSet<(i64, NumberRange)>; 4],
    /// How many numbers are in flight.
    in_flight: usize,
    /// How many of them are of ranges that were not known to be quick when they were taken.
    others_in_flight: usize,
    /// How many of a range may be in flight of which nothing is known.
    few: usize,
    quickest: Option<Duration>,
    until_next_look: u32,
    /// Whether ranges are skipped that answer nothing useful.
    skip_useless: bool,
    /// The ages that the next questions get, before and behind all others.
    front: i64,
    back: i64,
}

/// What waits of one range, and how long its answers take.
#[derive(Debug, Default)]
struct RangeQueue {
    waiting: VecDeque<(i64, PendingLookup)>,
    answers: u32,
    average: Duration,
    in_flight: usize,
    speed: SpeedClass,
    /// How many numbers in a row got nothing useful at their first attempt.
    useless: u32,
    /// How many questions of a useless range have come to their turn.
    turns_while_useless: u32,
}

/// What is known of a range; the place of its set among those that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SpeedClass {
    /// Its answers come quickly.
    Quick,
    /// Nothing is known of it yet.
    #[default]
    Strange,
    /// Its answers take long.
    Slow,
    /// Nothing is known of it, and enough are in flight to find out.
    Held,
}

/// A range whose numbers get no useful answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UselessRange {
    pub(super) range: NumberRange,
    /// How many of them in a row.
    pub(super) in_a_row: u32,
    /// Whether further ones are skipped.
    pub(super) is_skipped: bool,
}

/// A question that was taken, until its answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scheduled {
    range: NumberRange,
    /// Whether its range was known to be quick.
    as_quick: bool,
    /// Whether the question is not worth its price: its range answers nothing useful.
    pub(super) is_skipped: bool,
}

impl RangeScheduler {
    pub(super) fn new(skip_useless: bool) -> Self {
        Self { skip_useless, ..Self::default() }
    }

    /// Adds a question behind all others.
    pub(super) fn push_back(&mut self, question: PendingLookup) {
        self.back += 1;
        self.push(self.back, question);
    }

    /// Adds a question before all others.
    pub(super) fn push_front(&mut self, question: PendingLookup) {
        self.front -= 1;
        self.push(self.front, question);
    }

    fn push(&mut self, age: i64, question: PendingLookup) {
        let range = NumberRange::of(question.msisdn);
        let queue = self.ranges.entry(range).or_default();
        let set = &mut self.waiting[queue.speed as usize];
        match queue.waiting.front() {
            Some((first, _)) if *first < age => queue.waiting.push_back((age, question)),
            first => {
                if let Some((first, _)) = first {
                    set.remove(&(*first, range));
                }
                queue.waiting.push_front((age, question));
                set.insert((age, range));
            }
        }
    }

    /// Takes the question that is next, when so many may be in flight.
    pub(super) fn take(&mut self, limit: usize) -> Option<(PendingLookup, Scheduled)> {
        let [quick, strange, slow, held] = self.waiting.each_ref().map(BTreeSet::first);
        let oldest = |sets: &[Option<&(i64, NumberRange)>]| sets.iter().flatten().min().map(|next| **next);
        let most = ((limit as f64 * PART_FOR_OTHERS) as usize).max(1);
        let next = if self.in_flight < limit / 2 {
            oldest(&[quick, strange, slow, held])
        } else if self.others_in_flight < most {
            oldest(&[quick, strange, slow])
        } else {
            oldest(&[quick, strange])
        };
        let (age, range) = next.or_else(|| oldest(&[slow, held]))?;
        let queue = self.ranges.get_mut(&range).expect("a range that waits is known");
        let (_, question) = queue.waiting.pop_front().expect("it has a question");
        let is_skipped = self.skip_useless && queue.is_skipped();
        let taken = Scheduled { range, as_quick: queue.speed == SpeedClass::Quick, is_skipped };
        queue.in_flight += 1;
        self.in_flight += 1;
        self.others_in_flight += usize::from(!taken.as_quick);
        let set = &mut self.waiting[queue.speed as usize];
        set.remove(&(age, range));
        set.extend(queue.waiting.front().map(|(age, _)| (*age, range)));
        self.few = ((limit as f64 * PART_FOR_STRANGERS) as usize).max(LEAST_FOR_STRANGERS);
        self.classify(range);
        Some((question, taken))
    }

    /// Takes note that a question is over, and of how long it took if somebody answered.
    pub(super) fn over(&mut self, taken: Scheduled, took: Option<Duration>) {
        self.others_in_flight -= usize::from(!taken.as_quick);
        let queue = self.ranges.get_mut(&taken.range).expect("a range that was asked is known");
        queue.in_flight -= 1;
        self.in_flight -= 1;
        if let Some(took) = took {
            self.learn(taken.range, took);
        }
        self.classify(taken.range);
    }

    /// Takes note of whether a number of the range got a useful answer. Tells when hundreds in a row have not.
    pub(super) fn judge(&mut self, taken: Scheduled, is_useful: bool) -> Option<UselessRange> {
        let queue = self.ranges.get_mut(&taken.range).expect("a range that was asked is known");
        queue.useless = if is_useful { 0 } else { queue.useless + 1 };
        let is_news = queue.useless > 0 && queue.useless.is_multiple_of(USELESS_IN_A_ROW);
        is_news.then_some(UselessRange {
            range: taken.range,
            in_a_row: queue.useless,
            is_skipped: self.skip_useless,
        })
    }

    fn learn(&mut self, range: NumberRange, took: Duration) {
        let queue = self.ranges.get_mut(&range).expect("a range that was asked is known");
        queue.answers = queue.answers.saturating_add(1);
        queue.average = match queue.answers {
            1 => took,
            _ => (queue.average * (MEMORY - 1) + took) / MEMORY,
        };
        self.until_next_look = self.until_next_look.saturating_sub(1);
        if self.until_next_look == 0 || self.quickest.is_none() {
            self.until_next_look = BETWEEN_LOOKS;
            let known = self.ranges.values().filter(|queue| queue.answers >= KNOWN_AFTER);
            self.quickest = known.map(|queue| queue.average).min();
        }
    }

    fn classify(&mut self, range: NumberRange) {
        let most = self.quickest.map(|quickest| (quickest * TIMES_THE_QUICKEST).max(QUICK_IN_ANY_CASE));
        let queue = self.ranges.get_mut(&range).expect("a range that was asked is known");
        let speed = match queue.answers >= KNOWN_AFTER {
            true if most.is_some_and(|most| queue.average <= most) => SpeedClass::Quick,
            true => SpeedClass::Slow,
            false if queue.in_flight >= self.few => SpeedClass::Held,
            false => SpeedClass::Strange,
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

    /// Takes everything out, oldest first.
    pub(super) fn drain(&mut self) -> Vec<PendingLookup> {
        let mut left: Vec<_> = self.ranges.values_mut().flat_map(|queue| queue.waiting.drain(..)).collect();
        left.sort_unstable_by_key(|(age, _)| *age);
        self.waiting = Default::default();
        left.into_iter().map(|(_, question)| question).collect()
    }
}

impl RangeQueue {
    /// Whether the question that has come to its turn is skipped, where such are.
    fn is_skipped(&mut self) -> bool {
        if self.useless < USELESS_IN_A_ROW {
            self.turns_while_useless = 0;
            return false;
        }
        self.turns_while_useless += 1;
        !self.turns_while_useless.is_multiple_of(ASKED_OF_THE_SKIPPED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Msisdn;

    const SLOW: u64 = 46_701_000_000;
    const QUICK: u64 = 46_702_000_000;

    fn question(digits: u64) -> PendingLookup {
        PendingLookup::new(Msisdn::new(digits).unwrap())
    }

    fn take(scheduler: &mut RangeScheduler, limit: usize) -> (u64, Scheduled) {
        let (question, taken) = scheduler.take(limit).unwrap();
        (question.msisdn.get(), taken)
    }

    /// Teaches it that a range answers in this time.
    fn teach(scheduler: &mut RangeScheduler, digits: u64, took: Duration) {
        for _ in 0..20 {
            scheduler.push_front(question(digits));
            let (_, taken) = take(scheduler, 1_000);
            scheduler.over(taken, Some(took));
        }
    }

    #[test]
    fn the_oldest_is_next_and_what_comes_again_is_older() {
        let mut scheduler = RangeScheduler::default();
        [SLOW, QUICK, SLOW + 1, QUICK + 1]
            .into_iter()
            .for_each(|digits| scheduler.push_back(question(digits)));
        scheduler.push_front(question(SLOW + 2));
        let taken: Vec<_> = (0..5).map(|_| take(&mut scheduler, 100).0).collect();
        assert_eq!(taken, [SLOW + 2, SLOW, QUICK, SLOW + 1, QUICK + 1]);
        assert!(scheduler.take(100).is_none());
    }

    #[test]
    fn a_slow_range_leaves_places_for_the_quick_ones() {
        let mut scheduler = RangeScheduler::default();
        teach(&mut scheduler, QUICK, Duration::from_millis(100));
        teach(&mut scheduler, SLOW, Duration::from_secs(8));
        (0..100).for_each(|n| scheduler.push_back(question(SLOW + n)));
        (0..100).for_each(|n| scheduler.push_back(question(QUICK + n)));
        let first: Vec<_> = (0..20).map(|_| take(&mut scheduler, 10)).collect();
        let slow: Vec<_> = first.iter().filter(|(digits, _)| *digits < QUICK).collect();
        assert_eq!(slow.len(), 8, "eight places of ten, and all further turns are the quick ones'");
        scheduler.over(slow[0].1, None);
        assert!(take(&mut scheduler, 10).0 < QUICK, "a place that is free again is the oldest's");
    }

    #[test]
    fn of_a_range_that_nothing_is_known_of_a_few_are_asked_first() {
        let mut scheduler = RangeScheduler::default();
        (0..20).for_each(|n| scheduler.push_back(question(SLOW + n)));
        (0..20).for_each(|n| scheduler.push_back(question(QUICK + n)));
        let first: Vec<_> = (0..8).map(|_| take(&mut scheduler, 8)).collect();
        assert_eq!(first.iter().filter(|(digits, _)| *digits < QUICK).count(), 4);
        // The second range answers, and goes on; the first is asked further only when nobody else is left.
        for (_, taken) in &first[4..] {
            scheduler.over(*taken, Some(Duration::from_millis(100)));
        }
        let rest: Vec<_> = (0..32).map(|_| take(&mut scheduler, 8).0).collect();
        assert!(
            rest[..16].iter().all(|digits| *digits >= QUICK)
                && rest[16..].iter().all(|digits| *digits < QUICK)
        );
    }

    #[test]
    fn where_nobody_else_waits_a_slow_range_takes_every_place() {
        let mut scheduler = RangeScheduler::default();
        teach(&mut scheduler, QUICK, Duration::from_millis(100));
        teach(&mut scheduler, SLOW, Duration::from_secs(8));
        (0..20).for_each(|n| scheduler.push_back(question(SLOW + n)));
        assert_eq!((0..20).filter(|_| scheduler.take(10).is_some()).count(), 20);
    }

    #[test]
    fn ranges_that_are_all_slow_are_all_quick() {
        let mut scheduler = RangeScheduler::default();
        for range in [SLOW, QUICK] {
            teach(&mut scheduler, range, Duration::from_secs(5));
        }
        (0..20).for_each(|n| scheduler.push_back(question(if n % 2 == 0 { SLOW } else { QUICK } + n)));
        let order: Vec<_> = (0..20).map(|_| take(&mut scheduler, 4).0 % 100).collect();
        assert_eq!(order, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_range_that_answers_nothing_useful_is_told_once_in_hundreds() {
        let mut scheduler = RangeScheduler::default();
        scheduler.push_back(question(SLOW));
        let (_, taken) = take(&mut scheduler, 10);
        let told: Vec<_> = (0..700).filter_map(|_| scheduler.judge(taken, false)).collect();
        assert_eq!(told.iter().map(|useless| useless.in_a_row).collect::<Vec<_>>(), [300, 600]);
        assert_eq!(told[0].range.get(), 46_701);
        assert_eq!(scheduler.judge(taken, true), None);
        assert_eq!((0..299).filter_map(|_| scheduler.judge(taken, false)).count(), 0);
    }

    #[test]
    fn a_useless_range_is_skipped_on_request_until_one_in_a_hundred_is_useful() {
        for skip_useless in [false, true] {
            let mut scheduler = RangeScheduler::new(skip_useless);
            let mut turn = |is_useful: bool| {
                scheduler.push_back(question(SLOW));
                let (_, taken) = take(&mut scheduler, 10);
                if !taken.is_skipped {
                    scheduler.judge(taken, is_useful);
                }
                scheduler.over(taken, None);
                taken.is_skipped
            };
            assert_eq!((0..300).filter(|_| turn(false)).count(), 0);
            assert_eq!((0..1_000).filter(|_| turn(false)).count(), if skip_useless { 990 } else { 0 });
            assert_eq!((0..100).filter(|_| turn(true)).count(), if skip_useless { 99 } else { 0 });
            assert_eq!((0..100).filter(|_| turn(true)).count(), 0);
        }
    }

    #[test]
    fn what_is_drained_comes_oldest_first() {
        let mut scheduler = RangeScheduler::default();
        [QUICK, SLOW, QUICK + 1].into_iter().for_each(|digits| scheduler.push_back(question(digits)));
        let left: Vec<_> = scheduler.drain().iter().map(|question| question.msisdn.get()).collect();
        assert_eq!(left, [QUICK, SLOW, QUICK + 1]);
        assert!(scheduler.take(10).is_none());
    }
}
