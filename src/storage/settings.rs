//! With which credentials, and by which way, object stores are reached.

use std::collections::BTreeMap;
use std::fmt;

use crate::service::Proxy;

/// With which credentials, and by which way, object stores are reached.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StorageSettings {
    /// Environment variables by name. Those that matter are in [`StorageSettings::VARIABLES`].
    pub variables: BTreeMap<String, String>,
    /// PEM text of certificates that are trusted beside those of this machine.
    pub trusted_certificates: Option<String>,
    /// The proxy to use. Metadata services of clouds are reached without it.
    pub proxy: Option<Proxy>,
}

impl StorageSettings {
    /// The environment variables that are looked at, with the names that the clouds' own tools
    /// give them.
    pub const VARIABLES: [&'static str; 56] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_STS",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_METADATA_ENDPOINT",
        "AWS_SKIP_SIGNATURE",
        "AWS_ALLOW_HTTP",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
        "AWS_REQUEST_PAYER",
        "AWS_S3_EXPRESS",
        "AWS_SERVER_SIDE_ENCRYPTION",
        "AWS_SSE_KMS_KEY_ID",
        "AWS_SSE_BUCKET_KEY_ENABLED",
        "AZURE_STORAGE_ACCOUNT_NAME",
        "AZURE_STORAGE_ACCOUNT",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_ENDPOINT",
        "AZURE_STORAGE_USE_EMULATOR",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_TENANT_ID",
        "AZURE_AUTHORITY_HOST",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_MSI_ENDPOINT",
        "AZURE_USE_AZURE_CLI",
        "AZURE_CONFIG_DIR",
        "AZURE_ALLOW_HTTP",
        "AZURE_SKIP_SIGNATURE",
        "IDENTITY_ENDPOINT",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_SERVICE_ACCOUNT",
        "GOOGLE_SERVICE_ACCOUNT_PATH",
        "GOOGLE_SERVICE_ACCOUNT_KEY",
        "GOOGLE_BASE_URL",
        "GOOGLE_SKIP_SIGNATURE",
        "GOOGLE_ALLOW_HTTP",
        "STORAGE_EMULATOR_HOST",
        "HOME",
        "USERPROFILE",
        "PATH",
    ];

    /// A variable's value; `None` when it is not set, or empty.
    #[cfg_attr(not(feature = "cloud"), expect(dead_code, reason = "for object stores"))]
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Without the values of variables: they hold secrets.
impl fmt::Debug for StorageSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageSettings")
            .field("variables", &self.variables.keys())
            .field("trusted_certificates", &self.trusted_certificates.is_some())
            .field("proxy", &self.proxy)
            .finish()
    }
}
