//! The settings of the lookup stage: how fast, how much at once, how patient. Careful with a provider,
//! generous on this machine.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::effective::EffectiveSettings;
use super::endpoint::Distance;
use super::raw::{RawConfig, RetryOn};
use super::resolver::ConfigResolver;
use crate::lookup::{Caps, Finality, LookupSettings, Rate, RetryPolicy};
use crate::pricing::Tariff;

/// What the stage is told; what decides about speed and money is noted among the choices.
pub(crate) fn settings(
    reading: &mut ConfigResolver,
    distance: Distance,
    money: Option<(Arc<Tariff>, Caps)>,
    choices: &mut EffectiveSettings,
) -> Option<LookupSettings> {
    let (by_distance, default_rate, default_concurrency) = match distance {
        Distance::Remote => ("careful default", Rate::per_second(10.0).ok(), 10),
        Distance::Loopback => ("loopback", None, 256),
    };
    let rate = match reading.written.rate {
        Some(rate) => reading.sound("rate", Rate::per_second(rate)).map(Some),
        None => Some(default_rate),
    };
    let concurrency = reading.written.concurrency.unwrap_or(default_concurrency);
    let concurrency = NonZeroUsize::new(concurrency as usize).ok_or("at least one request must be in flight");
    let concurrency = reading.sound("concurrency", concurrency);
    let timeout = RawConfig::duration(reading.written.timeout).unwrap_or(Duration::from_secs(10));
    let timeout = not_zero(reading, "timeout", timeout);
    let give_up_after =
        RawConfig::duration(reading.written.give_up_after).unwrap_or(Duration::from_secs(600));
    let retry = retry_policy(reading);
    let (rate, concurrency, timeout, retry) = (rate?, concurrency?, timeout?, retry?);
    let (tariff, caps) = money?;

    let rate_text = rate.map_or("unlimited".into(), |rate| format!("{}/s", rate.get()));
    choices.note("rate", rate_text, reading.origin("rate", by_distance));
    choices.note("concurrency", concurrency, reading.origin("concurrency", by_distance));
    choices.note("timeout", humantime::format_duration(timeout), reading.origin("timeout", "default"));
    choices.note("attempts", retry.attempts, reading.origin("attempts", "default"));
    Some(LookupSettings {
        rate,
        concurrency,
        refused_at: None,
        timeout,
        retry,
        give_up_after,
        skip_useless: reading.written.skip_useless == Some(true),
        tariff,
        caps,
        seed: reading.written.seed.unwrap_or_else(|| fastrand::u64(..)),
    })
}

fn retry_policy(reading: &mut ConfigResolver) -> Option<RetryPolicy> {
    let default = RetryPolicy::default();
    let written = &reading.written;
    let again = |result| match written.retry_on.as_ref().is_some_and(|list| list.contains(&result)) {
        true => Finality::Retryable,
        false => Finality::Final,
    };
    let policy = RetryPolicy {
        attempts: written.attempts.unwrap_or(default.attempts),
        first_backoff: RawConfig::duration(written.first_backoff).unwrap_or(default.first_backoff),
        longest_backoff: RawConfig::duration(written.longest_backoff).unwrap_or(default.longest_backoff),
        second_pass: RawConfig::duration(written.second_pass),
        local_cancel: again(RetryOn::HlrLocalCancel),
        system_failure: again(RetryOn::SystemFailure),
        budget: written.retry_budget.unwrap_or(default.budget),
    };
    let mut sound = true;
    if policy.attempts == 0 {
        reading.problem("attempts", "a number is asked at least once; write 1 for no retries");
        sound = false;
    }
    if !(0.0..=100.0).contains(&policy.budget) {
        reading.problem("retry_budget", "retries for each number asked, on average: from 0 to 100");
        sound = false;
    }
    if policy.first_backoff > policy.longest_backoff {
        let key = if reading.written.first_backoff.is_some() { "first_backoff" } else { "longest_backoff" };
        reading.problem(key, "first_backoff must not be longer than longest_backoff");
        sound = false;
    }
    sound.then_some(policy)
}

fn not_zero(reading: &mut ConfigResolver, key: &str, duration: Duration) -> Option<Duration> {
    let checked = if duration.is_zero() { Err("must be longer than zero") } else { Ok(duration) };
    reading.sound(key, checked)
}
