//! `hlr simulate`: the service on this machine, until somebody has had enough.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use super::args::SimulateArgs;
use super::exit::Exit;
use super::terminal::{print, say, say_loudly, say_problem, say_system_error, say_warning};
use crate::enricher::make_room;
use crate::lookup::StopSignal;
use crate::simulator::{Account, Authentication, Scheme, Simulator, SimulatorSettings};

/// How many clients' connections there should be room for.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(4_096).expect("it is not zero");

pub(super) async fn simulate(arguments: SimulateArgs, stop: StopSignal) -> Exit {
    let settings = match arguments.settings() {
        Ok(settings) => settings,
        Err(problems) => {
            problems.iter().for_each(say_problem);
            return Exit::Usage;
        }
    };
    // Clients bring what they bring; more room than the system gives cannot be had.
    let _ = make_room(CONNECTIONS);
    let simulator = match Simulator::start(settings.clone()).await {
        Ok(simulator) => simulator,
        Err(fault) => {
            say_system_error(&fault);
            say(format_args!("  {} may be in use; --port 0 takes any free port", settings.listen));
            return Exit::Usage;
        }
    };
    if let (Some(path), Some(pem)) = (&arguments.certificate, simulator.certificate_pem())
        && let Err(fault) = std::fs::write(path, pem)
    {
        say_warning(format_args!("the certificate could not be written to {}", path.display()));
        say_system_error(&fault);
        return Exit::Usage;
    }
    let _ = print(format_args!("{}", simulator.url()));
    introduce(&simulator, &settings, arguments.certificate.as_deref());
    stop.requested().await;
    settle_accounts(&simulator.account(), arguments.account.as_deref())
}

fn introduce(simulator: &Simulator, settings: &SimulatorSettings, certificate: Option<&Path>) {
    let url = simulator.url();
    let (username, password) = match &settings.authentication {
        Authentication::Any => ("user", "password"),
        Authentication::Basic { username, password } => (username.as_str(), password.as_str()),
    };
    let insecure = if settings.scheme == Scheme::Https { "-k " } else { "" };
    let trust = certificate.map(|path| format!(" --ca-file {}", path.display())).unwrap_or_default();
    say_loudly("SIMULATED ANSWERS: nothing is looked up here");
    say(format_args!("  curl -v {insecure}-u {username}:{password} '{url}/lookup?msisdn=46708100200'"));
    say(format_args!(
        "  HLR_USERNAME={username} HLR_PASSWORD={password} hlr enrich contacts.csv -o enriched.parquet --endpoint {url}{trust}"
    ));
    say(format_args!("  the account so far: {url}/account; ctrl-c ends"));
}

fn settle_accounts(account: &Account, file: Option<&Path>) -> Exit {
    say("");
    say(account.to_string().trim_end());
    let Some(path) = file else { return Exit::Complete };
    match write_account(account, path) {
        Ok(()) => Exit::Complete,
        Err(fault) => {
            say_warning(format_args!("the account could not be written to {}", path.display()));
            say_system_error(&fault);
            Exit::Unexpected
        }
    }
}

fn write_account(account: &Account, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer(&mut file, account)?;
    file.write_all(b"\n")?;
    file.flush()
}
