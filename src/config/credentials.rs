//! Where the user name and password of the account come from. Never from the command line, which
//! every process on the machine can read.

use std::path::Path;

use super::diagnostics::{Location, Problem};
use super::environment::Environment;
use super::resolver::{ConfigResolver, Reported, Resolved};
use crate::service::Credentials;

const USERNAME: &str = "HLR_USERNAME";
const PASSWORD: &str = "HLR_PASSWORD";
/// The folder in which systemd puts the credentials of a service (`LoadCredential=`,
/// systemd.exec(5)).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// The credentials, from the named file, or else the environment, or else systemd.
pub(crate) fn find(resolver: &mut ConfigResolver) -> Resolved<Credentials> {
    if let Some(path) = resolver.raw.credentials_file.clone() {
        return from_file(resolver, &path);
    }
    let username_env = resolver.raw.username_env.clone().unwrap_or_else(|| USERNAME.into());
    let password_env = resolver.raw.password_env.clone().unwrap_or_else(|| PASSWORD.into());
    let environment = resolver.environment;
    match (environment.variable(&username_env), environment.variable(&password_env)) {
        (Some(username), Some(password)) => {
            Ok(Credentials { username: username.into(), password: password.into() })
        }
        (Some(_), None) => Err(missing(resolver, &password_env, &username_env)),
        (None, Some(_)) => Err(missing(resolver, &username_env, &password_env)),
        (None, None) => from_systemd(environment).ok_or_else(|| {
            let problem = Problem::new("the service needs credentials").with_help(format!(
                "set {username_env} and {password_env}, or name a file that holds them with --credentials-file"
            ));
            resolver.report_at(Location::Nowhere, problem)
        }),
    }
}

fn missing(resolver: &mut ConfigResolver, variable: &str, other: &str) -> Reported {
    let location = Location::Variable(variable.into());
    resolver.report_at(location, format!("is not set, although {other} is"))
}

fn from_systemd(environment: &Environment) -> Option<Credentials> {
    let folder = environment.variable(CREDENTIALS_DIRECTORY)?;
    let secret = |name| {
        let text = environment.text_of(&Path::new(&folder).join(name)).ok()?;
        Some(text.trim_end_matches(['\r', '\n']).to_owned().into())
    };
    Some(Credentials { username: secret("hlr_username")?, password: secret("hlr_password")? })
}

fn from_file(resolver: &mut ConfigResolver, path: &Path) -> Resolved<Credentials> {
    let (key, name) = ("credentials_file", path.display());
    let text = resolver.environment.text_of(path);
    let text = resolver.check(key, text.map_err(|fault| format!("cannot read {name}: {fault}")))?;
    if resolver.environment.others_may_read(path) {
        let warning = format!("{name} can be read by every user of this machine; run: chmod 600 {name}");
        resolver.warnings.push(warning);
    }
    let credentials = parse(&text).ok_or_else(|| {
        Problem::new(format!("{name} does not hold a user name and a password"))
            .with_help("write two lines, username=… and password=…, or the user name and then the password")
    });
    resolver.check(key, credentials)
}

/// Two lines with names, in any order, or two lines without.
fn parse(text: &str) -> Option<Credentials> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let named = |name: &str| {
        lines.iter().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim())
        })
    };
    let (username, password) = match (named("username"), named("password")) {
        (Some(username), Some(password)) => (username, password),
        (None, None) if lines.len() == 2 => (lines[0].trim(), lines[1].trim()),
        _ => return None,
    };
    let complete = !username.is_empty() && !password.is_empty();
    complete.then(|| Credentials { username: username.into(), password: password.into() })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_file_has_two_lines_with_names_or_without() {
        for text in [
            "username=ada\npassword=a=b c\n",
            "password = a=b c\r\nusername = ada\r\n",
            "ada\na=b c",
            "\nada\na=b c\n\n",
        ] {
            let credentials = parse(text).unwrap();
            assert_eq!(credentials.username.expose_secret(), "ada", "{text:?}");
            assert_eq!(credentials.password.expose_secret(), "a=b c", "{text:?}");
        }
        for text in ["", "ada", "username=ada", "username=ada\nsecret", "username=\npassword=x", "a\nb\nc"] {
            assert!(parse(text).is_none(), "{text:?}");
        }
    }
}
