//! Credentials of a profile, by the `aws` command's own export: it knows SSO, assumed roles and
//! `credential_process`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use object_store::aws::AwsCredential;
use object_store::client::CredentialProvider;
use serde::Deserialize;

use super::settings::StorageSettings;
use crate::model::BoxError;
use crate::sync;

/// Credentials are renewed so long before they expire.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// Asks the `aws` command, and again when its credentials are about to expire.
#[derive(Debug)]
pub(super) struct AwsCommand {
    profile: Option<String>,
    last: Mutex<Option<(Arc<AwsCredential>, Option<Timestamp>)>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    /// By RFC 3339.
    expiration: Option<String>,
}

impl AwsCommand {
    pub(super) fn new(settings: &StorageSettings) -> Self {
        Self { profile: settings.variable("AWS_PROFILE").map(str::to_owned), last: Mutex::default() }
    }

    /// Whether this user has ever configured the `aws` command.
    pub(super) fn has_profiles(settings: &StorageSettings) -> bool {
        let named = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
        let home = settings.variable("HOME").or_else(|| settings.variable("USERPROFILE"));
        let usual = |file| home.is_some_and(|home| Path::new(home).join(".aws").join(file).is_file());
        named.iter().any(|name| settings.variable(name).is_some_and(|file| Path::new(file).is_file()))
            || usual("credentials")
            || usual("config")
    }

    /// The region of the profile.
    pub(super) fn region(&self) -> Option<String> {
        let output = run(&["configure", "get", "region"], self.profile.as_deref()).ok()?;
        let region = String::from_utf8(output).ok()?.trim().to_owned();
        (!region.is_empty()).then_some(region)
    }
}

#[async_trait]
impl CredentialProvider for AwsCommand {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let is_fresh = |expires: &Option<Timestamp>| {
            expires.is_none_or(|expires| expires.duration_since(Timestamp::now()) > RENEW_BEFORE)
        };
        if let Some((credential, expires)) = &*sync::lock(&self.last)
            && is_fresh(expires)
        {
            return Ok(credential.clone());
        }
        let profile = self.profile.clone();
        let exporting = tokio::task::spawn_blocking(move || export(profile.as_deref()));
        let failed = |source: BoxError| object_store::Error::Generic { store: "S3", source };
        let exported = exporting.await.map_err(|fault| failed(fault.into()))?.map_err(failed)?;
        let credential = Arc::new(AwsCredential {
            key_id: exported.access_key_id,
            secret_key: exported.secret_access_key,
            token: exported.session_token,
        });
        let expires = exported.expiration.and_then(|text| text.parse().ok());
        *sync::lock(&self.last) = Some((credential.clone(), expires));
        Ok(credential)
    }
}

fn export(profile: Option<&str>) -> Result<Exported, BoxError> {
    let output = run(&["configure", "export-credentials", "--format", "process"], profile)?;
    // The text holds a secret, so an error must not repeat it.
    serde_json::from_slice(&output).map_err(|_| "the aws command did not return credentials".into())
}

/// Runs the `aws` command, with the environment of this process.
fn run(arguments: &[&str], profile: Option<&str>) -> Result<Vec<u8>, BoxError> {
    let mut command = Command::new("aws");
    command.args(arguments).stdin(Stdio::null());
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    let output = command.output().map_err(|fault| match fault.kind() {
        std::io::ErrorKind::NotFound => BoxError::from(
            "profiles are read by the aws command, which was not found; install AWS CLI version 2, or set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        _ => format!("the aws command could not be run: {fault}").into(),
    })?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => {
            let text = String::from_utf8_lossy(&output.stderr);
            let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            Err(format!("the aws command failed: {}", line.trim().escape_debug()).into())
        }
    }
}
