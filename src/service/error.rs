//! Why the HTTP client cannot be set up.

/// Why the HTTP client cannot be set up.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ServiceError {
    /// The credentials have characters that HTTP Basic authentication cannot carry.
    #[error("the user name contains a colon, or user name or password contain a line break")]
    #[diagnostic(help("HTTP Basic authentication cannot send these characters; check the credentials"))]
    UnusableCredentials,
    /// The PEM text contains no certificate.
    #[error("the certificate file does not contain a valid PEM certificate")]
    #[diagnostic(help("name a file with PEM certificates with --ca-file"))]
    UnusableCertificates,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    #[diagnostic(help(
        "on a machine without CA certificates, install them (ca-certificates) or name a file of them with --ca-file"
    ))]
    Tls(#[source] rustls::Error),
    /// The TLS library or the proxy setting failed.
    #[error("the HTTPS client cannot be set up")]
    #[diagnostic(help(
        "on a machine without CA certificates, install them (ca-certificates) or name a file of them with --ca-file"
    ))]
    Client(#[source] reqwest::Error),
}
