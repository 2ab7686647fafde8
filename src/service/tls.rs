//! TLS towards endpoints: which certificates are trusted, and why a connection was refused.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;

use super::error::ServiceError;

/// The settings for all endpoints. Trusts the certificates in a PEM text, or those of the system.
pub(super) fn client_config(trusted: Option<&str>) -> Result<ClientConfig, ServiceError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(ServiceError::Tls)?;
    let Some(pem) = trusted else {
        return Ok(builder.with_platform_verifier().map_err(ServiceError::Tls)?.with_no_client_auth());
    };
    let verifier = Arc::new(TrustedCertificates::new(pem, &provider)?);
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// The settings for object stores. Trusts the certificates in a PEM text beside those of the system:
/// the text is usually about endpoints alone. `None` where nothing can be trusted, as in a container
/// without certificates; there only plain HTTP is possible.
#[cfg(feature = "cloud")]
pub(crate) fn client_config_for_stores(trusted: Option<&str>) -> Result<Option<ClientConfig>, ServiceError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(trusted.unwrap_or_default().as_bytes()).collect();
    let certificates = certificates.map_err(|_| ServiceError::UnusableCertificates)?;
    let verifier =
        match rustls_platform_verifier::Verifier::new_with_extra_roots(certificates, provider.clone()) {
            Ok(verifier) => verifier,
            Err(_) if trusted.is_none() => return Ok(None),
            Err(fault) => return Err(ServiceError::Tls(fault)),
        };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ServiceError::Tls)?;
    Ok(Some(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()))
}

/// The given certificates: as authorities, and each as the certificate of a server itself.
#[derive(Debug)]
struct TrustedCertificates {
    authorities: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl TrustedCertificates {
    fn new(pem: &str, provider: &Arc<CryptoProvider>) -> Result<Self, ServiceError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let certificates = certificates.map_err(|_| ServiceError::UnusableCertificates)?;
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(certificates.iter().cloned());
        if usable == 0 {
            return Err(ServiceError::UnusableCertificates);
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|_| ServiceError::UnusableCertificates)?;
        Ok(Self { authorities, certificates })
    }
}

impl ServerCertVerifier for TrustedCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // A server that shows an authority's certificate: `openssl req -x509` makes such ones.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::UnknownIssuer,
            )) if self.certificates.iter().any(|trusted| trusted == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Why a connection could not be secured, in words that say what to do.
pub(super) fn explain(fault: &io::Error, name: &ServerName<'_>) -> String {
    let host = name.to_str();
    let inner = fault.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(problem)) => {
            format!("the certificate of {host} {}", certificate_problem(problem))
        }
        Some(other) => format!("TLS with {host} failed: {other}"),
        None if fault.kind() == io::ErrorKind::UnexpectedEof => {
            format!("{host} closed the connection before TLS was set up; is this port for https?")
        }
        None => format!("TLS with {host} failed: {fault}"),
    }
}

fn certificate_problem(problem: &CertificateError) -> String {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired; if it has not, check the clock of this machine".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; if it is, check the clock of this machine".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "was issued by nobody that is trusted; name the issuer's certificate with --ca-file".to_owned()
        }
        CertificateError::NotValidForName => {
            "is for another name; use the name that the certificate has in the endpoint's URL".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("is for another name: {}", presented.join(", "))
        }
        CertificateError::Revoked => "was revoked".to_owned(),
        other => format!("is refused: {other}"),
    }
}

#[cfg(test)]
#[cfg(feature = "simulator")]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    use super::*;

    /// A certificate for `localhost` that is signed by its own key.
    fn self_signed(is_ca: IsCa) -> rcgen::Certificate {
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.is_ca = is_ca;
        parameters.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    fn verified(trusted: &rcgen::Certificate, shown: &rcgen::Certificate, name: &str) -> Result<(), String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = TrustedCertificates::new(&trusted.pem(), &provider).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let verified = verifier.verify_server_cert(shown.der(), &[], &name, &[], UnixTime::now());
        verified.map(drop).map_err(|fault| explain(&io::Error::other(fault), &name))
    }

    #[test]
    fn a_self_signed_certificate_that_is_named_is_trusted_for_its_name() {
        for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
            let certificate = self_signed(is_ca);
            assert_eq!(verified(&certificate, &certificate, "localhost"), Ok(()));
            let other = verified(&certificate, &certificate, "example.com").unwrap_err();
            assert!(other.contains("example.com is for another name"), "{other}");
        }
    }

    #[test]
    fn another_certificate_is_not_trusted() {
        for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
            let (trusted, shown) = (self_signed(is_ca), self_signed(is_ca));
            assert!(verified(&trusted, &shown, "localhost").is_err());
        }
    }

    #[test]
    fn a_text_without_a_certificate_is_refused() {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(TrustedCertificates::new(pem, &provider).is_err(), "{pem:?}");
        }
    }
}
