//! URLs of objects: which cloud, which bucket, which key.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::{StorageError, StorageErrorKind};

/// A kind of object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cloud {
    /// Amazon S3, and servers that speak its protocol.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage. Its buckets are called containers.
    Azure,
}

/// An object, or all objects whose keys begin so: `s3://bucket/key`, `gs://bucket/key`,
/// `az://container/key`. Keys are taken as they stand; `%20` is not decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ObjectUrl {
    scheme: &'static str,
    cloud: Cloud,
    bucket: String,
    /// Without a slash at its beginning.
    key: String,
}

/// The schemes of object stores. Spark writes `s3a://`.
const SCHEMES: [(&str, Cloud); 6] = [
    ("s3", Cloud::S3),
    ("s3a", Cloud::S3),
    ("gs", Cloud::Gcs),
    ("gcs", Cloud::Gcs),
    ("az", Cloud::Azure),
    ("azure", Cloud::Azure),
];

/// Where a name of a file leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A path on this machine.
    Local(PathBuf),
    /// An object store.
    Object(ObjectUrl),
}

impl Place {
    /// Where this name leads. `file://` leads to this machine; a scheme that nobody knows is an
    /// error, and what has no scheme is a path.
    pub(crate) fn of(name: &str) -> Result<Self, StorageError> {
        let Some((scheme, rest)) = name.split_once("://") else { return Ok(Self::Local(name.into())) };
        if !is_scheme(scheme) {
            return Ok(Self::Local(name.into()));
        }
        let scheme = scheme.to_ascii_lowercase();
        if scheme == "file" {
            return local_path(rest).map(Self::Local).ok_or_else(|| {
                StorageError::new(name, StorageErrorKind::InvalidUrl)
                    .because("a file:// URL names no other machine")
                    .with_help("write file:///folder/list.csv, or the path alone")
            });
        }
        match SCHEMES.iter().find(|(known, _)| *known == scheme) {
            Some((scheme, cloud)) => ObjectUrl::new(scheme, *cloud, rest, name).map(Self::Object),
            None => Err(unknown_scheme(name, &scheme)),
        }
    }

    /// The same of a path. A path that is not text names a local file.
    pub(crate) fn of_path(path: &Path) -> Result<Self, StorageError> {
        match path.to_str() {
            Some(name) => Self::of(name),
            None => Ok(Self::Local(path.to_owned())),
        }
    }
}

/// Whether a name is the URL of an object, and no path on this machine.
pub(crate) fn is_object_url(path: &Path) -> bool {
    matches!(Place::of_path(path), Ok(Place::Object(_)))
}

/// By RFC 3986. One letter is a drive of Windows.
fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

fn local_path(rest: &str) -> Option<PathBuf> {
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let decoded = percent_encoding::percent_decode_str(rest).decode_utf8().ok()?;
    rest.starts_with('/').then(|| PathBuf::from(decoded.into_owned()))
}

fn unknown_scheme(name: &str, scheme: &str) -> StorageError {
    let help = match scheme {
        "http" | "https" => {
            "fetch the file first, for example with curl; or name the object with s3://, gs:// or az://"
        }
        "abfs" | "abfss" | "wasb" | "wasbs" | "adl" => {
            "write az://CONTAINER/KEY and name the account with AZURE_STORAGE_ACCOUNT_NAME"
        }
        _ => "use a path, file://, s3://, gs:// or az://",
    };
    StorageError::new(name, StorageErrorKind::InvalidUrl)
        .because(format!("{scheme}:// cannot be read or written"))
        .with_help(help)
}

impl ObjectUrl {
    fn new(scheme: &'static str, cloud: Cloud, rest: &str, whole: &str) -> Result<Self, StorageError> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let invalid = |reason: &'static str| {
            let help = format!("write {scheme}://{}/KEY", cloud.bucket_word().to_uppercase());
            StorageError::new(whole, StorageErrorKind::InvalidUrl).because(reason).with_help(help)
        };
        if bucket.is_empty() {
            return Err(invalid("the URL names no bucket"));
        }
        if bucket.contains(['@', ':']) {
            // The message must not repeat them.
            return Err(StorageError::new(format!("{scheme}://"), StorageErrorKind::InvalidUrl)
                .because("a URL must not carry credentials, which every process could read")
                .with_help("hand them over in environment variables"));
        }
        if key.split('/').any(|part| matches!(part, "." | "..")) || key.contains("//") {
            return Err(invalid("the key has an empty part, or one that is . or .."));
        }
        Ok(Self { scheme, cloud, bucket: bucket.into(), key: key.trim_start_matches('/').into() })
    }

    #[cfg_attr(not(feature = "cloud"), expect(dead_code, reason = "for the clients of clouds"))]
    pub(crate) fn cloud(&self) -> Cloud {
        self.cloud
    }

    #[cfg_attr(not(feature = "cloud"), expect(dead_code, reason = "for the clients of clouds"))]
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The URL of a folder, with the files in it as keys.
    #[cfg(feature = "cloud")]
    pub(crate) fn of_folder(folder: &Path) -> Result<Self, StorageError> {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let bucket = absolute.to_str().map(|text| text.trim_end_matches('/').to_owned());
        let bucket = bucket.ok_or_else(|| {
            StorageError::new(folder.display(), StorageErrorKind::InvalidUrl).because("the name is not UTF-8")
        })?;
        Ok(Self { scheme: "file", cloud: Cloud::S3, bucket, key: String::new() })
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Another key in the same bucket.
    pub(crate) fn with_key(&self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self.clone() }
    }

    /// An object below this one, which is taken as a folder.
    pub(crate) fn join(&self, name: &str) -> Self {
        match self.key.trim_end_matches('/') {
            "" => self.with_key(name),
            folder => self.with_key(format!("{folder}/{name}")),
        }
    }

    /// The URL of the bucket alone.
    pub(crate) fn of_bucket(&self) -> Self {
        self.with_key("")
    }
}

impl Cloud {
    /// What its users call a bucket.
    pub(crate) fn bucket_word(self) -> &'static str {
        match self {
            Self::S3 | Self::Gcs => "bucket",
            Self::Azure => "container",
        }
    }
}

impl fmt::Display for ObjectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.scheme, self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(path: &str) -> Option<Place> {
        Some(Place::Local(path.into()))
    }

    #[test]
    fn paths_and_file_urls_lead_to_this_machine() {
        for (name, expected) in [
            ("list.csv", local("list.csv")),
            ("C://list.csv", local("C://list.csv")),
            ("a b://x", local("a b://x")),
            ("file:///data/my%20list.csv", local("/data/my list.csv")),
            ("FILE://localhost/data/list.csv", local("/data/list.csv")),
            ("file://server/list.csv", None),
            ("https://example.com/list.csv", None),
            ("hdfs://cluster/list.csv", None),
        ] {
            assert_eq!(Place::of(name).ok(), expected, "{name}");
        }
    }

    #[test]
    fn urls_have_a_cloud_a_bucket_and_a_key() {
        for (name, cloud, bucket, key) in [
            ("s3://b/lists/a.csv", Cloud::S3, "b", "lists/a.csv"),
            ("s3a://b/lists/", Cloud::S3, "b", "lists/"),
            ("GS://b.example.com/x", Cloud::Gcs, "b.example.com", "x"),
            ("az://box", Cloud::Azure, "box", ""),
            ("s3://b/a%20b+c.csv", Cloud::S3, "b", "a%20b+c.csv"),
        ] {
            let Ok(Place::Object(url)) = Place::of(name) else { panic!("{name}") };
            assert_eq!((url.cloud(), url.bucket(), url.key()), (cloud, bucket, key), "{name}");
        }
        let Ok(Place::Object(url)) = Place::of("s3://b/lists/") else { panic!() };
        assert_eq!(url.join("a.csv").to_string(), "s3://b/lists/a.csv");
        assert_eq!(url.of_bucket().join("a.csv").to_string(), "s3://b/a.csv");
    }

    #[test]
    fn credentials_in_a_url_are_refused_and_not_repeated() {
        for name in ["s3://AKIA1:hunter2@b/x", "s3://hunter2@b/x"] {
            let error = Place::of(name).unwrap_err();
            assert!(error.to_string().contains("credentials") && !error.to_string().contains("hunter2"));
        }
        for name in ["s3://", "s3:///x", "s3://b/a//c", "s3://b/../c"] {
            assert!(Place::of(name).is_err(), "{name}");
        }
    }
}
