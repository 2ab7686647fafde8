//! The client of each cloud, made of the variables that its own tools read, and the check that it
//! has credentials.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::CredentialProvider;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::aws_command::AwsCommand;
use super::error::{StorageError, StorageErrorKind};
use super::http_client::Connector;
use super::settings::StorageSettings;
use super::url::{Cloud, ObjectUrl};

/// Credentials that are there are found within this time; a metadata service that is not there may
/// never answer.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(2);
/// The `aws` command needs a second to start, and may have to renew a session.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);

/// The client of one bucket.
pub(super) struct Client {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Finds credentials, or says how to hand them over.
    pub(super) check: BoxFuture<'static, Result<(), StorageError>>,
}

/// The client of the bucket of a URL.
pub(super) fn client(
    url: &ObjectUrl,
    settings: &StorageSettings,
    connector: &Connector,
) -> Result<Client, StorageError> {
    match url.cloud() {
        Cloud::S3 => s3(url, settings, connector),
        Cloud::Gcs => gcs(url, settings, connector),
        Cloud::Azure => azure(url, settings, connector),
    }
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 8,
        retry_timeout: Duration::from_secs(60),
    }
}

fn s3(url: &ObjectUrl, settings: &StorageSettings, connector: &Connector) -> Result<Client, StorageError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(url.bucket())
        .with_retry(retries())
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_http_connector(connector.clone());
    for (key, value) in keys_of::<AmazonS3ConfigKey>(settings, "AWS_") {
        builder = builder.with_config(key, value);
    }
    let has = |name| settings.variable(name).is_some();
    let mut timeout = CREDENTIALS_TIMEOUT;
    let is_given = has("AWS_ACCESS_KEY_ID") || has("AWS_SECRET_ACCESS_KEY") || is_anonymous(settings, "AWS");
    let is_found_by_itself = has("AWS_WEB_IDENTITY_TOKEN_FILE")
        || has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        || has("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if !is_given && (has("AWS_PROFILE") || (!is_found_by_itself && AwsCommand::has_profiles(settings))) {
        let command = AwsCommand::new(settings);
        if !has("AWS_REGION")
            && !has("AWS_DEFAULT_REGION")
            && let Some(region) = command.region()
        {
            builder = builder.with_region(region);
        }
        builder = builder.with_credentials(Arc::new(command));
        timeout = COMMAND_TIMEOUT;
    } else if !is_given
        && !is_found_by_itself
        && settings.variable("AWS_EC2_METADATA_DISABLED") == Some("true")
    {
        return Err(no_credentials(url));
    }
    let store = builder.build().map_err(|error| unusable(url, error))?;
    let check = match is_anonymous(settings, "AWS") {
        true => async { Ok(()) }.boxed(),
        false => found(url, store.credentials().clone(), timeout),
    };
    Ok(Client { store: Arc::new(store), check })
}

fn gcs(url: &ObjectUrl, settings: &StorageSettings, connector: &Connector) -> Result<Client, StorageError> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(url.bucket())
        .with_retry(retries())
        .with_http_connector(connector.clone());
    for (key, value) in keys_of::<GoogleConfigKey>(settings, "GOOGLE_") {
        builder = builder.with_config(key, value);
    }
    // The variable of Google's own libraries. An emulator takes anybody.
    let emulator = settings.variable("STORAGE_EMULATOR_HOST");
    if let Some(host) = emulator {
        let address = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
        // Without any token, writes would ask a metadata service for one.
        builder = builder.with_base_url(address.trim_end_matches('/')).with_bearer_token("emulator");
    }
    let store = builder.build().map_err(|error| unusable(url, error))?;
    let check = match emulator.is_some() || is_anonymous(settings, "GOOGLE") {
        true => async { Ok(()) }.boxed(),
        false => found(url, store.credentials().clone(), CREDENTIALS_TIMEOUT),
    };
    Ok(Client { store: Arc::new(store), check })
}

fn azure(url: &ObjectUrl, settings: &StorageSettings, connector: &Connector) -> Result<Client, StorageError> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(url.bucket())
        .with_retry(retries())
        .with_http_connector(connector.clone());
    for (key, value) in keys_of::<AzureConfigKey>(settings, "AZURE_") {
        builder = builder.with_config(key, value);
    }
    // The names that the `az` command reads.
    for (name, key) in [
        ("AZURE_STORAGE_ACCOUNT", AzureConfigKey::AccountName),
        ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
        ("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
    ] {
        if let Some(value) = settings.variable(name) {
            builder = builder.with_config(key, value);
        }
    }
    let is_emulator = settings.variable("AZURE_STORAGE_USE_EMULATOR") == Some("true");
    let names_an_account = ["AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"]
        .iter()
        .any(|name| settings.variable(name).is_some());
    if !names_an_account && !is_emulator {
        return Err(StorageError::new(url, StorageErrorKind::NoCredentials)
            .because("no storage account is named")
            .with_help("set AZURE_STORAGE_ACCOUNT_NAME to the account of this container"));
    }
    let is_given = [
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_MSI_ENDPOINT",
        "IDENTITY_ENDPOINT",
    ]
    .iter()
    .any(|name| settings.variable(name).is_some());
    let mut timeout = CREDENTIALS_TIMEOUT;
    let is_logged_in = is_logged_in_to_azure(settings);
    if !is_given && !is_emulator && is_logged_in {
        builder = builder.with_use_azure_cli(true);
    }
    if settings.variable("AZURE_USE_AZURE_CLI").is_some() || is_logged_in {
        timeout = COMMAND_TIMEOUT;
    }
    let store = builder.build().map_err(|error| unusable(url, error))?;
    let check = match is_emulator || is_anonymous(settings, "AZURE") {
        true => async { Ok(()) }.boxed(),
        false => found(url, store.credentials().clone(), timeout),
    };
    Ok(Client { store: Arc::new(store), check })
}

/// The settings of a cloud that are set, by the names of its variables.
fn keys_of<'a, K: FromStr>(
    settings: &'a StorageSettings,
    prefix: &'a str,
) -> impl Iterator<Item = (K, &'a str)> {
    StorageSettings::VARIABLES
        .iter()
        .filter(move |name| name.starts_with(prefix))
        .filter_map(|name| Some((name.to_ascii_lowercase().parse().ok()?, settings.variable(name)?)))
}

fn is_anonymous(settings: &StorageSettings, prefix: &str) -> bool {
    settings.variable(&format!("{prefix}_SKIP_SIGNATURE")) == Some("true")
}

/// Whether `az login` has been here.
fn is_logged_in_to_azure(settings: &StorageSettings) -> bool {
    let folder = match settings.variable("AZURE_CONFIG_DIR") {
        Some(folder) => Path::new(folder).to_owned(),
        None => match settings.variable("HOME").or_else(|| settings.variable("USERPROFILE")) {
            Some(home) => Path::new(home).join(".azure"),
            None => return false,
        },
    };
    folder.join("azureProfile.json").is_file()
}

fn found<T: Send + Sync + 'static>(
    url: &ObjectUrl,
    provider: Arc<dyn CredentialProvider<Credential = T>>,
    timeout: Duration,
) -> BoxFuture<'static, Result<(), StorageError>> {
    let url = url.clone();
    async move {
        match tokio::time::timeout(timeout, provider.get_credential()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(object_store::Error::Generic { source, .. })) => {
                Err(no_credentials(&url).with_source(source))
            }
            Ok(Err(error)) => Err(no_credentials(&url).with_source(error)),
            Err(_) => Err(no_credentials(&url)),
        }
    }
    .boxed()
}

fn unusable(url: &ObjectUrl, error: object_store::Error) -> StorageError {
    no_credentials(url).because("the settings of the environment cannot be used").with_source(error)
}

fn no_credentials(url: &ObjectUrl) -> StorageError {
    let help = match url.cloud() {
        Cloud::S3 => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE after `aws configure` or `aws sso \
             login`; roles of instances, containers and web identities are found by themselves; \
             AWS_SKIP_SIGNATURE=true reads a public bucket"
        }
        Cloud::Gcs => {
            "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run `gcloud auth application-default login`; \
             service accounts of machines are found by themselves; GOOGLE_SKIP_SIGNATURE=true reads a public bucket"
        }
        Cloud::Azure => {
            "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or AZURE_CLIENT_ID, AZURE_TENANT_ID and \
             AZURE_CLIENT_SECRET, or run `az login`; managed identities are found by themselves"
        }
    };
    StorageError::new(url, StorageErrorKind::NoCredentials).with_help(help)
}
