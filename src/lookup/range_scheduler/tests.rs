//! The order in which lookups are taken.

use super::*;
use crate::model::Msisdn;

const SLOW: u64 = 46_701_000_000;
const FAST: u64 = 46_702_000_000;

fn pending(digits: u64) -> PendingLookup {
    PendingLookup::new(Msisdn::new(digits).unwrap())
}

fn take(scheduler: &mut RangeScheduler, limit: usize) -> (u64, Scheduled) {
    let (lookup, scheduled) = scheduler.take(limit).unwrap();
    (lookup.msisdn.get(), scheduled)
}

/// Measures a range: all its answers take this long.
fn measure(scheduler: &mut RangeScheduler, digits: u64, latency: Duration) {
    for _ in 0..20 {
        scheduler.push_front(pending(digits));
        let (_, scheduled) = take(scheduler, 1_000);
        scheduler.finish(scheduled, Some(latency));
    }
}

#[test]
fn the_oldest_is_next_and_retries_come_first() {
    let mut scheduler = RangeScheduler::default();
    [SLOW, FAST, SLOW + 1, FAST + 1].into_iter().for_each(|digits| scheduler.push_back(pending(digits)));
    scheduler.push_front(pending(SLOW + 2));
    let taken: Vec<_> = (0..5).map(|_| take(&mut scheduler, 100).0).collect();
    assert_eq!(taken, [SLOW + 2, SLOW, FAST, SLOW + 1, FAST + 1]);
    assert!(scheduler.take(100).is_none());
}

#[test]
fn a_slow_range_leaves_permits_for_fast_ones() {
    let mut scheduler = RangeScheduler::default();
    measure(&mut scheduler, FAST, Duration::from_millis(100));
    measure(&mut scheduler, SLOW, Duration::from_secs(8));
    (0..100).for_each(|n| scheduler.push_back(pending(SLOW + n)));
    (0..100).for_each(|n| scheduler.push_back(pending(FAST + n)));
    let first: Vec<_> = (0..20).map(|_| take(&mut scheduler, 10)).collect();
    let slow: Vec<_> = first.iter().filter(|(digits, _)| *digits < FAST).collect();
    assert_eq!(slow.len(), 8, "eight permits of ten; after that only fast ranges are next");
    scheduler.finish(slow[0].1, None);
    assert!(take(&mut scheduler, 10).0 < FAST, "a permit that is free again goes to the oldest lookup");
}

#[test]
fn of_an_unmeasured_range_only_a_few_numbers_are_sent_at_first() {
    let mut scheduler = RangeScheduler::default();
    (0..20).for_each(|n| scheduler.push_back(pending(SLOW + n)));
    (0..20).for_each(|n| scheduler.push_back(pending(FAST + n)));
    let first: Vec<_> = (0..8).map(|_| take(&mut scheduler, 8)).collect();
    assert_eq!(first.iter().filter(|(digits, _)| *digits < FAST).count(), 4);
    // The second range answers and continues; the first continues when no other number waits.
    for (_, scheduled) in &first[4..] {
        scheduler.finish(*scheduled, Some(Duration::from_millis(100)));
    }
    let rest: Vec<_> = (0..32).map(|_| take(&mut scheduler, 8).0).collect();
    assert!(
        rest[..16].iter().all(|digits| *digits >= FAST) && rest[16..].iter().all(|digits| *digits < FAST)
    );
}

#[test]
fn a_slow_range_takes_every_permit_if_no_other_number_waits() {
    let mut scheduler = RangeScheduler::default();
    measure(&mut scheduler, FAST, Duration::from_millis(100));
    measure(&mut scheduler, SLOW, Duration::from_secs(8));
    (0..20).for_each(|n| scheduler.push_back(pending(SLOW + n)));
    assert_eq!((0..20).filter(|_| scheduler.take(10).is_some()).count(), 20);
}

#[test]
fn if_all_ranges_are_slow_the_oldest_is_next() {
    let mut scheduler = RangeScheduler::default();
    for range in [SLOW, FAST] {
        measure(&mut scheduler, range, Duration::from_secs(5));
    }
    (0..20).for_each(|n| scheduler.push_back(pending(if n % 2 == 0 { SLOW } else { FAST } + n)));
    let order: Vec<_> = (0..20).map(|_| take(&mut scheduler, 4).0 % 100).collect();
    assert_eq!(order, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_useless_range_is_reported_once_in_300_numbers() {
    let mut scheduler = RangeScheduler::default();
    scheduler.push_back(pending(SLOW));
    let (_, scheduled) = take(&mut scheduler, 10);
    let reported: Vec<_> = (0..700).filter_map(|_| scheduler.record_usefulness(scheduled, false)).collect();
    assert_eq!(reported.iter().map(|useless| useless.in_a_row).collect::<Vec<_>>(), [300, 600]);
    assert_eq!(reported[0].range.get(), 46_701);
    assert_eq!(scheduler.record_usefulness(scheduled, true), None);
    assert_eq!((0..299).filter_map(|_| scheduler.record_usefulness(scheduled, false)).count(), 0);
}

#[test]
fn a_useless_range_is_skipped_on_request_until_one_in_a_hundred_is_useful() {
    for skip_useless in [false, true] {
        let mut scheduler = RangeScheduler::new(skip_useless);
        let mut turn = |is_useful: bool| {
            scheduler.push_back(pending(SLOW));
            let (_, scheduled) = take(&mut scheduler, 10);
            if !scheduled.is_skipped {
                scheduler.record_usefulness(scheduled, is_useful);
            }
            scheduler.finish(scheduled, None);
            scheduled.is_skipped
        };
        assert_eq!((0..300).filter(|_| turn(false)).count(), 0);
        assert_eq!((0..1_000).filter(|_| turn(false)).count(), if skip_useless { 990 } else { 0 });
        assert_eq!((0..100).filter(|_| turn(true)).count(), if skip_useless { 99 } else { 0 });
        assert_eq!((0..100).filter(|_| turn(true)).count(), 0);
    }
}

#[test]
fn lookups_are_drained_oldest_first() {
    let mut scheduler = RangeScheduler::default();
    [FAST, SLOW, FAST + 1].into_iter().for_each(|digits| scheduler.push_back(pending(digits)));
    let left: Vec<_> = scheduler.drain().iter().map(|lookup| lookup.msisdn.get()).collect();
    assert_eq!(left, [FAST, SLOW, FAST + 1]);
    assert!(scheduler.take(10).is_none());
}

/// How much room the scheduler holds, in lookups, and how many ranges.
fn held(scheduler: &RangeScheduler) -> (usize, usize) {
    let room = scheduler.ranges.values().map(|queue| queue.waiting.capacity()).sum();
    (room, scheduler.ranges.len())
}

/// Looks numbers up through a window of 1,000, and returns the most room and ranges that were held.
fn most_held(numbers: impl Iterator<Item = u64>) -> (usize, usize) {
    let mut scheduler = RangeScheduler::new(false);
    let mut numbers = numbers.map(|n| PendingLookup::new(Msisdn::new(n).unwrap())).peekable();
    let mut most = (0, 0);
    while numbers.peek().is_some() {
        numbers.by_ref().take(1_000).for_each(|lookup| scheduler.push_back(lookup));
        while let Some((_, scheduled)) = scheduler.take(100) {
            scheduler.finish(scheduled, Some(Duration::from_millis(20)));
        }
        let (room, ranges) = held(&scheduler);
        most = (most.0.max(room), most.1.max(ranges));
    }
    most
}

#[test]
fn memory_does_not_grow_with_the_list_however_it_is_sorted() {
    const NUMBERS: u64 = 1_000_000;
    // Sorted, each range has as many numbers as it can; then ranges in turn; then one number a
    // range.
    let sorted = most_held((0..NUMBERS).map(|n| 46_700_000_000 + n * 100));
    assert!(sorted.0 < 4_000 && sorted.1 <= 101, "{sorted:?}");
    let in_turn = most_held((0..NUMBERS).map(|n| 46_700_000_000 + n % 1_000 * 1_000_000 + n / 1_000));
    assert!(in_turn.0 <= 20_000 && in_turn.1 <= 1_000, "{in_turn:?}");
    let one_each = most_held((0..NUMBERS).map(|n| 46_700_000_000 + n * 1_000_000));
    assert!(one_each.1 <= REMEMBERED_RANGES + 2_000, "{one_each:?}");
    assert!(one_each.0 <= 8 * one_each.1, "{one_each:?}");
}

#[test]
fn useless_ranges_are_remembered_longest_and_busy_ones_are_never_forgotten() {
    let mut scheduler = RangeScheduler::new(true);
    let number = |n: u64| PendingLookup::new(Msisdn::new(46_700_000_000 + n).unwrap());
    let (mut useless, mut in_flight) = (None, None);
    for n in 0..2 * u64::from(USELESS_IN_A_ROW) {
        scheduler.push_back(number(n));
        let (_, scheduled) = scheduler.take(100).unwrap();
        scheduler.record_usefulness(scheduled, false);
        scheduler.finish(scheduled, None);
        useless = Some(scheduled.range);
    }
    scheduler.push_back(number(1_000_000));
    in_flight.replace(scheduler.take(100).unwrap().1);
    for n in 2..200_000 {
        scheduler.push_back(number(n * 1_000_000));
        let (_, scheduled) = scheduler.take(100).unwrap();
        scheduler.finish(scheduled, None);
    }
    assert!(scheduler.ranges.len() <= REMEMBERED_RANGES + 2_000);
    let useless = &scheduler.ranges[&useless.unwrap()];
    assert!(useless.useless >= USELESS_IN_A_ROW);
    scheduler.finish(in_flight.unwrap(), None);
}
