//! The flags of `hlr simulate`, and their conversion into the simulator's settings.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::value_parsers::one_of;
use crate::config::DurationValue;
use crate::model::Product;
use crate::simulator::{Latency, Outage, OutageKind, Scheme, SimulatorSettings, SlowNetwork};
use crate::suggest::nearest;

/// The service's documented port.
const PORT: u16 = 3700;

/// Run a simulated lookup service on this machine, with faults on demand.
///
/// It answers like the real service, and makes no lookups. It prints its address, runs until
/// ctrl-c, and then prints an account of its requests. An answer depends only on the seed and the
/// number.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr simulate --latency 80ms --latency-p99 2s
  hlr simulate --transient 0.2 --fault unavailable=0.02 --fault reset_after_read=0.01
  hlr simulate --throttle-above 100 --slow 4670=8s --outage 10s-20s=refuse
  hlr simulate --storm --seed 7 --account account.json")]
pub(in crate::cli) struct SimulateArgs {
    /// Port on 127.0.0.1; 0 takes any free port [default: 3700]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Use HTTPS, with a certificate created at the start
    #[arg(long)]
    https: bool,
    /// Write that certificate to this file as PEM, for the client's --ca-file
    #[arg(long, value_name = "FILE", requires = "https")]
    pub(in crate::cli) certificate: Option<PathBuf>,
    /// Product of the account [default: real-time]
    #[arg(long, value_parser = one_of::<Product>(&["real-time", "portability"]))]
    product: Option<Product>,
    /// Seed of all answers [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// TOML file with settings, like the [simulator] table of a pipeline file; flags override it
    #[arg(long, value_name = "FILE", conflicts_with = "storm")]
    settings: Option<PathBuf>,
    /// Write the account to this file at the end, as JSON; it contains whole numbers
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) account: Option<PathBuf>,

    /// Median latency of a lookup, for example 80ms [default: none]
    #[arg(long, value_name = "DURATION", help_heading = "Latency and outages")]
    latency: Option<DurationValue>,
    /// 99th percentile of the latency [default: the median]
    #[arg(long, value_name = "DURATION", help_heading = "Latency and outages")]
    latency_p99: Option<DurationValue>,
    /// Median latency of numbers with this prefix; may be repeated
    #[arg(long, value_name = "PREFIX=DURATION", help_heading = "Latency and outages")]
    slow: Vec<String>,
    /// Outage between two times after the start, for example 10s-20s=refuse; may be repeated
    ///
    /// The kinds are refuse, reset, unavailable, stall and nonsense.
    #[arg(long, value_name = "FROM-TO=KIND", help_heading = "Latency and outages")]
    outage: Vec<String>,

    /// Share of numbers with this result, for example CALL_BARRED=0.1; may be repeated
    ///
    /// Results that are not named keep their default share. The rest of the numbers is OK.
    #[arg(long, value_name = "RESULT=SHARE", help_heading = "Answers and faults")]
    share: Vec<String>,
    /// Share of numbers that first answer TIMEOUT or HLR_ABORT, for example 0.2
    #[arg(long, value_name = "SHARE", help_heading = "Answers and faults")]
    transient: Option<f64>,
    /// Share of attempts with this fault, for example unavailable=0.02; may be repeated
    #[arg(long, value_name = "FAULT=SHARE", help_heading = "Answers and faults")]
    fault: Vec<String>,
    /// Share of answers in this unusual but valid form, for example chunked=0.5; may be repeated
    #[arg(long, value_name = "SHAPE=SHARE", help_heading = "Answers and faults")]
    shape: Vec<String>,
    /// Every fault that a client must survive; each number is answered within three attempts
    #[arg(long, help_heading = "Answers and faults")]
    storm: bool,

    /// Answer REQUEST_THROTTLED above this many lookups in flight
    #[arg(long, value_name = "N", help_heading = "Limits")]
    throttle_above: Option<u32>,
    /// Answer 429 above this many lookups per second
    #[arg(long, value_name = "N", help_heading = "Limits")]
    rate_limit: Option<u32>,
    /// Retry-After of a 429, for example 1d [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Limits")]
    retry_after: Option<DurationValue>,
    /// Answer 403 about numbers with this prefix; may be repeated
    #[arg(long, value_name = "PREFIX", help_heading = "Limits")]
    forbid: Vec<String>,
    /// Let the account run out of credit after this many billed lookups
    #[arg(long, value_name = "N", help_heading = "Limits")]
    credit: Option<u64>,
    /// What lookups get without credit: 402, or a result such as NO_CREDIT [default: 402]
    #[arg(long, value_name = "402|RESULT", help_heading = "Limits", requires = "credit")]
    without_credit: Option<String>,
}

impl SimulateArgs {
    /// The settings that the flags describe, or every problem with them.
    pub(in crate::cli) fn settings(&self) -> Result<SimulatorSettings, Vec<String>> {
        let mut problems = Vec::new();
        let mut settings = self.base_settings(&mut problems);
        self.set_address(&mut settings);
        settings.seed = self.seed.unwrap_or(settings.seed);
        settings.product = self.product.unwrap_or(settings.product);
        self.set_times(&mut settings, &mut problems);
        self.set_answers(&mut settings, &mut problems);
        settings.limits.ongoing = self.throttle_above.or(settings.limits.ongoing);
        settings.limits.per_second = self.rate_limit.or(settings.limits.per_second);
        settings.limits.credit = self.credit.or(settings.limits.credit);
        if let Some(DurationValue(wait)) = self.retry_after {
            settings.limits.retry_after_wait = wait;
        }
        if let Some(text) = &self.without_credit {
            settings.without_credit.clone_from(text);
        }
        settings.forbidden_prefixes.extend(self.forbid.iter().cloned());
        problems.extend(settings.problems());
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    fn base_settings(&self, problems: &mut Vec<String>) -> SimulatorSettings {
        match &self.settings {
            Some(path) => read_settings(path).unwrap_or_else(|problem| {
                problems.push(problem);
                SimulatorSettings::default()
            }),
            None if self.storm => SimulatorSettings::stormy(),
            None => SimulatorSettings::default(),
        }
    }

    fn set_address(&self, settings: &mut SimulatorSettings) {
        let file_port = Some(settings.listen.port()).filter(|port| *port != 0);
        settings.listen.set_port(self.port.or(file_port).unwrap_or(PORT));
        if self.https {
            settings.scheme = Scheme::Https;
        }
    }

    fn set_times(&self, settings: &mut SimulatorSettings, problems: &mut Vec<String>) {
        if let Some(DurationValue(median)) = self.latency {
            settings.latency.median = median;
        }
        if let Some(DurationValue(p99)) = self.latency_p99 {
            settings.latency.p99 = p99;
        }
        for text in &self.slow {
            match pair(text).and_then(|(prefix, duration)| slow_network(prefix, duration)) {
                Ok(slow) => settings.slow_networks.push(slow),
                Err(problem) => problems.push(format!("--slow: {text:?}: {problem}")),
            }
        }
        for text in &self.outage {
            match outage(text) {
                Ok(outage) => settings.outages.push(outage),
                Err(problem) => problems.push(format!("--outage: {text:?}: {problem}")),
            }
        }
    }

    fn set_answers(&self, settings: &mut SimulatorSettings, problems: &mut Vec<String>) {
        settings.transient.share = self.transient.unwrap_or(settings.transient.share);
        let mut each =
            |flag: &str, texts: &[String], set_share: &mut dyn FnMut(&str, f64) -> Result<(), String>| {
                for text in texts {
                    let set = pair(text).and_then(|(name, share)| set_share(name, parse_share(share)?));
                    if let Err(problem) = set {
                        problems.push(format!("{flag}: {text:?}: {problem}"));
                    }
                }
            };
        each("--share", &self.share, &mut |result, share| {
            settings.results.insert(result.to_owned(), share);
            Ok(())
        });
        each("--fault", &self.fault, &mut |fault, share| set_field(&mut settings.faults, fault, share));
        each("--shape", &self.shape, &mut |shape, share| set_field(&mut settings.shapes, shape, share));
    }
}

fn read_settings(path: &Path) -> Result<SimulatorSettings, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|fault| format!("--settings: cannot read {}: {fault}", path.display()))?;
    toml::from_str(&text).map_err(|fault| format!("--settings: {}: {fault}", path.display()))
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| "expected NAME=VALUE".to_owned())
}

fn parse_share(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "a share is a number from 0 to 1, such as 0.1".to_owned())
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    text.parse().map(|DurationValue(duration)| duration).map_err(|problem| format!("{problem}"))
}

fn slow_network(prefix: &str, text: &str) -> Result<SlowNetwork, String> {
    let latency = Latency { median: duration(text)?, ..Latency::default() };
    Ok(SlowNetwork { prefix: Some(prefix.to_owned()), latency, ..SlowNetwork::default() })
}

fn outage(text: &str) -> Result<Outage, String> {
    let (times, kind) = pair(text)?;
    let (from, to) = times.split_once('-').ok_or("expected two times, such as 10s-20s")?;
    let kinds = [
        ("refuse", OutageKind::Refuse),
        ("reset", OutageKind::Reset),
        ("unavailable", OutageKind::Unavailable),
        ("stall", OutageKind::Stall),
        ("nonsense", OutageKind::Nonsense),
    ];
    let kind = kinds.iter().find(|(name, _)| *name == kind);
    let (_, kind) = kind.ok_or("expected one of refuse, reset, unavailable, stall, nonsense")?;
    Ok(Outage { from: duration(from)?, to: duration(to)?, kind: *kind })
}

/// Sets a field by the name that it has in settings files, so that no name is written twice.
fn set_field<T: Serialize + DeserializeOwned>(shares: &mut T, name: &str, share: f64) -> Result<(), String> {
    let mut table = toml::Table::try_from(&*shares).map_err(|fault| fault.to_string())?;
    if !table.contains_key(name) {
        let meant = nearest(name, table.keys().map(String::as_str));
        let names = || table.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(match meant {
            Some(meant) => format!("unknown name {name}; did you mean {meant}?"),
            None => format!("unknown name {name}; expected one of {}", names()),
        });
    }
    table.insert(name.to_owned(), share.into());
    *shares = table.try_into().map_err(|fault: toml::de::Error| fault.message().to_owned())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct SimulateCommand {
        #[command(flatten)]
        arguments: SimulateArgs,
    }

    fn settings(arguments: &str) -> Result<SimulatorSettings, Vec<String>> {
        let argv = ["simulate"].into_iter().chain(arguments.split_whitespace());
        SimulateCommand::try_parse_from(argv).unwrap_or_else(|error| panic!("{error}")).arguments.settings()
    }

    #[test]
    fn flags_become_settings() {
        let settings = settings(
            "--port 0 --https --product portability --seed 9 --latency 80ms --latency-p99 2s --slow 4670=8s \
             --outage 10s-20s=refuse --share CALL_BARRED=0.1 --transient 0.2 --fault unavailable=0.02 \
             --shape chunked=0.5 --throttle-above 100 --rate-limit 50 --retry-after 1d --forbid 4671 --credit 9 \
             --without-credit NO_CREDIT",
        )
        .unwrap();
        assert_eq!((settings.listen.port(), settings.seed), (0, 9));
        assert_eq!(settings.slow_networks[0].prefix.as_deref(), Some("4670"));
        assert_eq!(settings.outages[0].kind, OutageKind::Refuse);
        assert_eq!(settings.results["CALL_BARRED"], 0.1);
        assert_eq!((settings.faults.unavailable, settings.shapes.chunked), (0.02, 0.5));
        assert_eq!((settings.limits.ongoing, settings.limits.per_second), (Some(100), Some(50)));
        assert_eq!((settings.limits.credit, settings.without_credit.as_str()), (Some(9), "NO_CREDIT"));
        assert_eq!(settings.limits.retry_after_wait, Duration::from_secs(86_400));
        assert_eq!(settings.forbidden_prefixes, ["4671"]);
    }

    #[test]
    fn without_flags_the_port_is_the_documented_one() {
        assert_eq!(settings("").unwrap().listen.port(), 3700);
    }

    #[test]
    fn every_problem_is_reported() {
        let problems =
            settings("--fault unavailble=0.1 --shape chunked --slow 46=long --outage 5s=refuse --share OK=x");
        let problems = problems.unwrap_err();
        assert_eq!(problems.len(), 5, "{problems:#?}");
        assert!(
            problems.iter().any(|problem| problem.contains("did you mean unavailable?")),
            "{problems:#?}"
        );
    }
}
