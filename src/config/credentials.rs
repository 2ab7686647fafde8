//! Where the account's user name and password come from. Never from the command line, which every process
//! of the machine can read.

use std::path::Path;

use super::diagnostics::Location;
use super::resolver::ConfigResolver;
use crate::service::Credentials;

const USERNAME: &str = "HLR_USERNAME";
const PASSWORD: &str = "HLR_PASSWORD";
/// Where systemd puts the credentials of a service (`LoadCredential=`, systemd.exec(5)).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// The credentials: of the named file, else of the environment, else of systemd. `None` leaves a problem.
pub(crate) fn find(reading: &mut ConfigResolver) -> Option<Credentials> {
    if let Some(path) = reading.written.credentials_file.clone() {
        return from_file(reading, &path);
    }
    let username_env = reading.written.username_env.clone().unwrap_or_else(|| USERNAME.into());
    let password_env = reading.written.password_env.clone().unwrap_or_else(|| PASSWORD.into());
    let variables =
        (reading.environment.variable(&username_env), reading.environment.variable(&password_env));
    match variables {
        (Some(username), Some(password)) => {
            Some(Credentials { username: username.into(), password: password.into() })
        }
        (Some(_), None) => missing(reading, &password_env, &username_env),
        (None, Some(_)) => missing(reading, &username_env, &password_env),
        (None, None) => from_systemd(reading).or_else(|| {
            let text = format!(
                "the service needs credentials: set {username_env} and {password_env}, or name a file that \
                 holds them with --credentials-file"
            );
            reading.problem_at(Location::Nowhere, text);
            None
        }),
    }
}

fn missing(reading: &mut ConfigResolver, variable: &str, other: &str) -> Option<Credentials> {
    reading.problem_at(Location::Variable(variable.into()), format!("not set, although {other} is"));
    None
}

fn from_systemd(reading: &ConfigResolver) -> Option<Credentials> {
    let folder = reading.environment.variable(CREDENTIALS_DIRECTORY)?;
    let secret = |name| {
        let text = std::fs::read_to_string(Path::new(&folder).join(name)).ok()?;
        Some(text.trim_end_matches(['\r', '\n']).to_owned().into())
    };
    Some(Credentials { username: secret("hlr_username")?, password: secret("hlr_password")? })
}

fn from_file(reading: &mut ConfigResolver, path: &Path) -> Option<Credentials> {
    let key = "credentials_file";
    let text =
        std::fs::read_to_string(path).map_err(|fault| format!("{} cannot be read: {fault}", path.display()));
    let text = reading.sound(key, text)?;
    if others_may_read(path) {
        reading.warnings.push(format!(
            "{} can be read by every user of this machine; run: chmod 600 {}",
            path.display(),
            path.display()
        ));
    }
    let credentials = parse(&text).ok_or_else(|| {
        format!(
            "{} must have two lines, username=… and password=…, or the user name and then the password",
            path.display()
        )
    });
    reading.sound(key, credentials)
}

/// Two lines with names, in either order, or two without.
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

#[cfg(unix)]
fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> bool {
    false
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
