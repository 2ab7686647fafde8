//! What an error of an object store means for its user.

use object_store::client::HttpError;

use super::error::{StorageError, StorageErrorKind};
use super::url::{Cloud, ObjectUrl};
use crate::model::BoxError;

/// The error at this URL, in words that say what to do.
pub(super) fn explain(url: &ObjectUrl, error: object_store::Error) -> StorageError {
    use object_store::Error;

    let text = error.to_string();
    let kind = match &error {
        Error::NotFound { .. } if names_a_missing_bucket(&text) => StorageErrorKind::NoBucket,
        Error::NotFound { .. } => StorageErrorKind::NotFound,
        Error::AlreadyExists { .. } => StorageErrorKind::AlreadyExists,
        Error::Precondition { .. } | Error::NotModified { .. } => StorageErrorKind::Changed,
        _ if is_about_a_region(&text) => StorageErrorKind::OtherRegion,
        Error::Unauthenticated { .. } => StorageErrorKind::NotAccepted,
        Error::PermissionDenied { .. } if is_about_keys(&text) => StorageErrorKind::NotAccepted,
        Error::PermissionDenied { .. } => StorageErrorKind::NotPermitted,
        _ if names_a_missing_bucket(&text) => StorageErrorKind::NoBucket,
        _ if is_about_keys(&text) || text.contains("401 Unauthorized") => StorageErrorKind::NotAccepted,
        // Listing an unreadable bucket, among others.
        _ if text.contains("403 Forbidden") => StorageErrorKind::NotPermitted,
        _ => StorageErrorKind::Failed,
    };
    let named = StorageError::new(url, kind);
    match kind {
        StorageErrorKind::NoBucket => {
            let word = url.cloud().bucket_word();
            named.because(format!("there is no such {word}: {}", url.bucket()))
        }
        StorageErrorKind::OtherRegion => match region_in(&text) {
            Some(region) => named.with_help(format!("set AWS_REGION={region}")),
            None => named,
        },
        StorageErrorKind::NotPermitted => named.with_help(rights(url.cloud())).with_source(shortened(error)),
        StorageErrorKind::NotAccepted => named.with_help(accepted(url.cloud())).with_source(shortened(error)),
        StorageErrorKind::Failed => named.with_source(shortened(error)),
        _ => named,
    }
}

fn names_a_missing_bucket(text: &str) -> bool {
    ["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"]
        .iter()
        .any(|sign| text.contains(sign))
}

fn is_about_a_region(text: &str) -> bool {
    [
        "incorrectly configured region",
        "PermanentRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraint",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

fn is_about_keys(text: &str) -> bool {
    [
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "AuthenticationFailed",
        "InvalidAuthenticationInfo",
        "TokenRefreshRequired",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// S3 names the region of a bucket: `expecting 'eu-north-1'`, `<Region>eu-north-1</Region>`.
fn region_in(text: &str) -> Option<&str> {
    let between = |before, after| {
        let (_, rest) = text.split_once(before)?;
        rest.split_once(after).map(|(region, _)| region)
    };
    let region = between("expecting '", "'").or_else(|| between("<Region>", "</Region>"))?;
    let is_region =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_region(region).then_some(region)
}

fn rights(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::S3 => "reading needs s3:GetObject and s3:ListBucket, writing s3:PutObject and s3:DeleteObject",
        Cloud::Gcs => "reading needs the role Storage Object Viewer, writing Storage Object User",
        Cloud::Azure => {
            "reading needs the role Storage Blob Data Reader, writing Storage Blob Data Contributor"
        }
    }
}

fn accepted(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::S3 => "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or log in again",
        Cloud::Gcs => "check GOOGLE_APPLICATION_CREDENTIALS, or log in again",
        Cloud::Azure => "check AZURE_STORAGE_ACCOUNT_KEY or what else is set, or log in again",
    }
}

/// The innermost cause: what surrounds it repeats the URL and the whole answer of the store.
fn shortened(error: object_store::Error) -> BoxError {
    const LONGEST: usize = 300;
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        if cause.is::<HttpError>() && inner.source().is_none() {
            break;
        }
        cause = inner;
    }
    let text = cause.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Place;

    fn explained(error: object_store::Error) -> StorageError {
        let Ok(Place::Object(url)) = Place::of("s3://b/list.csv") else { panic!() };
        explain(&url, error)
    }

    fn generic(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.into() }
    }

    #[test]
    fn what_the_store_says_becomes_what_to_do() {
        let path = || "list.csv".to_owned();
        for (error, kind) in [
            (
                object_store::Error::NotFound { path: path(), source: "<Code>NoSuchKey</Code>".into() },
                StorageErrorKind::NotFound,
            ),
            (
                object_store::Error::NotFound { path: path(), source: "<Code>NoSuchBucket</Code>".into() },
                StorageErrorKind::NoBucket,
            ),
            (
                object_store::Error::PermissionDenied { path: path(), source: "AccessDenied".into() },
                StorageErrorKind::NotPermitted,
            ),
            (
                object_store::Error::PermissionDenied { path: path(), source: "InvalidAccessKeyId".into() },
                StorageErrorKind::NotAccepted,
            ),
            (generic("AuthorizationHeaderMalformed: expecting 'eu-north-1'"), StorageErrorKind::OtherRegion),
            (
                generic("status code: 403 Forbidden: <Code>AccessDenied</Code>"),
                StorageErrorKind::NotPermitted,
            ),
            (generic("connection refused"), StorageErrorKind::Failed),
        ] {
            assert_eq!(explained(error).kind(), kind);
        }
    }

    #[test]
    fn the_region_of_a_bucket_is_named() {
        use miette::Diagnostic;

        let error = explained(generic(
            "AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting 'eu-north-1'",
        ));
        assert_eq!(error.help().unwrap().to_string(), "set AWS_REGION=eu-north-1");
    }
}
