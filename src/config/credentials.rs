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
    let username =
        Variable { key: "username_env", written: resolver.raw.username_env.clone(), usual: USERNAME };
    let password =
        Variable { key: "password_env", written: resolver.raw.password_env.clone(), usual: PASSWORD };
    let environment = resolver.environment;
    match (environment.variable(username.name()), environment.variable(password.name())) {
        (Some(username), Some(password)) => {
            Ok(Credentials { username: username.into(), password: password.into() })
        }
        (Some(_), None) => Err(password.missing(resolver, &username)),
        (None, Some(_)) => Err(username.missing(resolver, &password)),
        (None, None) => from_systemd(environment).ok_or_else(|| {
            let (username, password) = (username.shown(), password.shown());
            let problem = Problem::new("the service needs credentials").with_help(format!(
                "set {username} and {password}, or name a file that holds them with --credentials-file"
            ));
            resolver.report_at(Location::Nowhere, problem)
        }),
    }
}

/// A variable with a secret. Whoever writes the secret itself in the place of the name must not
/// find it in a message, so the name of a variable that is not set is shown only if it is the usual
/// one.
struct Variable {
    key: &'static str,
    written: Option<String>,
    usual: &'static str,
}

impl Variable {
    fn name(&self) -> &str {
        self.written.as_deref().unwrap_or(self.usual)
    }

    fn shown(&self) -> String {
        match self.name() == self.usual {
            true => self.usual.into(),
            false => format!("the variable that {} names", self.key),
        }
    }

    /// This one is not set, and the other one is.
    fn missing(&self, resolver: &mut ConfigResolver, other: &Self) -> Reported {
        let set = other.name();
        match self.name() == self.usual {
            true => resolver
                .report_at(Location::Variable(self.usual.into()), format!("is not set, although {set} is")),
            false => {
                let problem = Problem::new(format!(
                    "the variable with this name is not set, although {set} is"
                ))
                .with_help(
                    "write the name of an environment variable here, and the secret into the variable",
                );
                resolver.report(self.key, problem)
            }
        }
    }
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
