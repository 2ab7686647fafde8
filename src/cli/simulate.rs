//! `hlr simulate`: a simulated service on this machine, until ctrl-c.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

use super::args::SimulateArgs;
use super::exit::Exit;
use super::terminal::{print, say, say_error, say_loudly, say_problem, say_verbatim};
use crate::enricher::make_room;
use crate::lookup::StopSignal;
use crate::simulator::{Account, Authentication, Scheme, Simulator, SimulatorSettings};

/// For how many connections of clients the limit of open files is raised.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(4_096).expect("it is not zero");

/// Why the simulator could not do its work.
#[derive(Debug, Error, Diagnostic)]
enum SimulateError {
    #[error("cannot start the simulator at {address}")]
    #[diagnostic(help("choose another --port if this one is in use; 0 takes any free port"))]
    Start { address: SocketAddr, source: io::Error },
    #[error("cannot write the certificate to {}", path.display())]
    WriteCertificate { path: PathBuf, source: io::Error },
    #[error("cannot write the account to {}", path.display())]
    WriteAccount { path: PathBuf, source: io::Error },
}

pub(super) async fn simulate(arguments: SimulateArgs, stop: StopSignal) -> Exit {
    let settings = match arguments.settings() {
        Ok(settings) => settings,
        Err(problems) => {
            problems.iter().for_each(say_problem);
            return Exit::Usage;
        }
    };
    match serve(&arguments, settings, stop).await {
        Ok(()) => Exit::Complete,
        Err(error) => {
            say_error(&error);
            match error {
                SimulateError::WriteAccount { .. } => Exit::Unexpected,
                SimulateError::Start { .. } | SimulateError::WriteCertificate { .. } => Exit::Usage,
            }
        }
    }
}

async fn serve(
    arguments: &SimulateArgs,
    settings: SimulatorSettings,
    stop: StopSignal,
) -> Result<(), SimulateError> {
    // Where the system allows fewer, the simulator works with fewer.
    let _ = make_room(CONNECTIONS);
    let simulator = Simulator::start(settings.clone())
        .await
        .map_err(|source| SimulateError::Start { address: settings.listen, source })?;
    if let (Some(path), Some(pem)) = (&arguments.certificate, simulator.certificate_pem()) {
        std::fs::write(path, pem)
            .map_err(|source| SimulateError::WriteCertificate { path: path.clone(), source })?;
    }
    let _ = print(format_args!("{}", simulator.url()));
    print_usage(&simulator, &settings, arguments.certificate.as_deref());
    stop.requested().await;
    let account = simulator.account();
    say("");
    say(account.to_string().trim_end());
    match &arguments.account {
        Some(path) => write_account(&account, path)
            .map_err(|source| SimulateError::WriteAccount { path: path.clone(), source }),
        None => Ok(()),
    }
}

fn print_usage(simulator: &Simulator, settings: &SimulatorSettings, certificate: Option<&Path>) {
    let url = simulator.url();
    let (username, password) = match &settings.authentication {
        Authentication::Any => ("user", "password"),
        Authentication::Basic { username, password } => (username.as_str(), password.as_str()),
    };
    let insecure = if settings.scheme == Scheme::Https { "-k " } else { "" };
    let ca_flag = certificate.map(|path| format!(" --ca-file {}", path.display())).unwrap_or_default();
    say_loudly("SIMULATED ANSWERS: no real lookups are made");
    say_verbatim(format_args!(
        "  curl -v {insecure}-u {username}:{password} '{url}/lookup?msisdn=46708100200'"
    ));
    say_verbatim(format_args!(
        "  HLR_USERNAME={username} HLR_PASSWORD={password} hlr enrich contacts.csv -o enriched.parquet --endpoint {url}{ca_flag}"
    ));
    say(format_args!("  account of the requests: {url}/account; stop with ctrl-c"));
}

fn write_account(account: &Account, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer(&mut file, account)?;
    file.write_all(b"\n")?;
    file.flush()
}
