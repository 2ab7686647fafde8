//! HTTPS with a certificate made at the start, for 127.0.0.1, ::1 and localhost.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// A self-signed certificate, and the acceptor of connections that uses it.
pub(super) struct Identity {
    pub(super) acceptor: TlsAcceptor,
    /// The certificate as PEM, for clients to trust.
    pub(super) certificate_pem: String,
}

impl Identity {
    pub(super) fn make() -> io::Result<Self> {
        let names = ["127.0.0.1", "::1", "localhost"].map(String::from);
        let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        // The provider is named, so that nothing depends on the process's default.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .map_err(io::Error::other)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate_pem: made.cert.pem() })
    }
}
