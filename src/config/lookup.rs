//! The settings of the lookup stage: rate, concurrency, timeouts and retries.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::diagnostics::Problem;
use super::effective::EffectiveSettings;
use super::raw::{RawConfig, RetryOn};
use super::resolver::{ConfigResolver, Resolved};
use crate::enricher::{RateChoice, Settings};
use crate::lookup::{Finality, Rate, RetryPolicy};

/// Fills in the limits.
pub(super) fn limits(resolver: &mut ConfigResolver, settings: &mut Settings) -> Resolved<()> {
    let rate = resolver.raw.rate.map(|rate| resolver.diagnosed("rate", Rate::per_second(rate))).transpose();
    let concurrency = resolver.raw.concurrency.map(|concurrency| {
        let concurrency = NonZeroUsize::new(concurrency as usize).ok_or("must be at least 1");
        resolver.check("concurrency", concurrency)
    });
    let concurrency = concurrency.transpose();
    settings.retry = retry_policy(resolver);
    let raw = &resolver.raw;
    let duration = |raw, default: Duration| RawConfig::duration(raw).unwrap_or(default);
    settings.timeout = duration(raw.timeout, settings.timeout);
    settings.connect_timeout = duration(raw.connect_timeout, settings.connect_timeout);
    settings.late_answer_grace = RawConfig::duration(raw.late_answer_grace);
    settings.give_up_after = duration(raw.give_up_after, settings.give_up_after);
    settings.skip_useless = raw.skip_useless == Some(true);
    settings.seed = raw.seed;
    settings.rate = rate?.map_or(RateChoice::ByDistance, RateChoice::AtMost);
    settings.concurrency = concurrency?;
    Ok(())
}

/// Notes the settings that decide about speed.
pub(super) fn note_limits(resolver: &ConfigResolver, settings: &Settings, effective: &mut EffectiveSettings) {
    let by_distance = if settings.is_remote() { "careful default" } else { "loopback" };
    let rate = settings.effective_rate().map_or("unlimited".into(), |rate| format!("{}/s", rate.get()));
    effective.note("rate", rate, resolver.origin("rate", by_distance));
    let concurrency = settings.effective_concurrency();
    effective.note("concurrency", concurrency, resolver.origin("concurrency", by_distance));
    let timeout = humantime::format_duration(settings.timeout);
    effective.note("timeout", timeout, resolver.origin("timeout", "default"));
    effective.note("attempts", settings.retry.attempts, resolver.origin("attempts", "default"));
}

fn retry_policy(resolver: &ConfigResolver) -> RetryPolicy {
    let (default, raw) = (RetryPolicy::default(), &resolver.raw);
    let again = |result| match raw.retry_on.as_ref().is_some_and(|list| list.contains(&result)) {
        true => Finality::Retryable,
        false => Finality::Final,
    };
    RetryPolicy {
        attempts: raw.attempts.unwrap_or(default.attempts),
        first_backoff: RawConfig::duration(raw.first_backoff).unwrap_or(default.first_backoff),
        longest_backoff: RawConfig::duration(raw.longest_backoff).unwrap_or(default.longest_backoff),
        second_pass: RawConfig::duration(raw.second_pass),
        local_cancel: again(RetryOn::HlrLocalCancel),
        system_failure: again(RetryOn::SystemFailure),
        budget: raw.retry_budget.unwrap_or(default.budget),
    }
}

/// Reports every value that no enricher can work with, where it was set. Values that need a price
/// are checked if the settings have the prices that were written.
pub(super) fn check_values(
    resolver: &mut ConfigResolver,
    settings: &Settings,
    has_written_prices: bool,
) -> Resolved<()> {
    let mut checked = Ok(());
    let needs_a_price = |key| matches!(key, "max_cost" | "cost_column");
    let invalid = settings.check();
    for invalid in invalid.into_iter().filter(|invalid| has_written_prices || !needs_a_price(invalid.key)) {
        let key = match invalid.key {
            // Either of the two may be the one that is set.
            "first_backoff" if resolver.raw.first_backoff.is_none() => "longest_backoff",
            key => key,
        };
        let problem = match key {
            "longest_backoff" if invalid.key == "first_backoff" => {
                "must not be shorter than first_backoff".into()
            }
            _ => invalid.problem,
        };
        checked = Err(resolver.report(key, Problem::new(problem).with_help_if(invalid.help)));
    }
    checked
}
