use std::time::Duration;

use super::{Store, Trouble, job_at};
use crate::harness::{Job, Service};

#[test]
fn missing_credentials_are_found_at_once_and_named() {
    let store = Store::start();
    let url = store.url();
    // A metadata service that never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let metadata = format!("http://{}", silent.local_addr().unwrap());
    let service = Service::start(Default::default());
    for (list, variables, words) in [
        (
            "s3://lake/list.csv",
            vec![("AWS_ENDPOINT_URL", url.as_str()), ("AWS_METADATA_ENDPOINT", &metadata)],
            ["no credentials were found", "AWS_ACCESS_KEY_ID"],
        ),
        (
            "s3://lake/list.csv",
            vec![("AWS_ENDPOINT_URL", url.as_str()), ("AWS_PROFILE", "nobody"), ("PATH", "/nonexistent")],
            ["no credentials were found", "the aws command, which was not found"],
        ),
        ("az://lake/list.csv", vec![], ["no storage account is named", "AZURE_STORAGE_ACCOUNT_NAME"]),
        (
            "az://lake/list.csv",
            vec![("AZURE_STORAGE_ACCOUNT_NAME", "a"), ("AZURE_MSI_ENDPOINT", &metadata)],
            ["no credentials were found", "AZURE_STORAGE_ACCOUNT_KEY"],
        ),
        (
            "gs://lake/list.csv",
            vec![("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent.json")],
            ["gs://lake/list.csv", "GOOGLE_APPLICATION_CREDENTIALS"],
        ),
    ] {
        let job = Job::new().with_variables(variables);
        let done = job.enrich(list, "out.csv", &service, &["--no-ledger"]);
        done.exits_with(2).says(&words);
        assert!(done.took < Duration::from_secs(4), "{list}: {:?}", done.took);
    }
    assert_eq!((service.account_in_short().requests, store.requests()), (0, 0));
}

#[test]
fn refused_credentials_and_missing_rights_say_what_to_do_and_show_no_secret() {
    let store = Store::start();
    store.put("list.csv", "phone\n+46701740605\n");
    let job = job_at(&store);
    let service = Service::start(Default::default());
    for (status, code, words) in [
        (403, "InvalidAccessKeyId", "does not accept these credentials"),
        (403, "SignatureDoesNotMatch", "does not accept these credentials"),
        (400, "ExpiredToken", "does not accept these credentials"),
        (403, "AccessDenied", "give no right to do this"),
        (301, "PermanentRedirect", "in another region"),
    ] {
        store.set_trouble(move |_, request| {
            (request.method != "HEAD").then_some(Trouble::Status(status, code))
        });
        for output in ["out.csv", "s3://lake/out.csv"] {
            let done = job.enrich("s3://lake/lists/", output, &service, &["--no-ledger"]);
            done.exits_with(2).says(&[words]);
            let text = done.stderr();
            assert!(!text.contains("secret-of-tests") && !text.contains("key-of-tests"), "{text}");
        }
    }
    assert_eq!(service.account_in_short().requests, 0);
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    let job = Job::new().with_variables([
        ("AWS_ENDPOINT_URL", "http://store.example.com"),
        ("AWS_ACCESS_KEY_ID", "k"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ]);
    let service = Service::start(Default::default());
    let done = job.enrich("s3://lake/list.csv", "out.csv", &service, &["--no-ledger"]);
    done.exits_with(2).says(&["plain HTTP is refused", "AWS_ALLOW_HTTP"]);
}

#[test]
fn credentials_in_a_url_are_refused() {
    let service = Service::start(Default::default());
    let job = Job::new().list("list.csv", "phone\n+46701740605\n");
    for (list, output) in
        [("s3://AKIA:hunter2@lake/a.csv", "out.csv"), ("list.csv", "s3://AKIA:hunter2@lake/a.csv")]
    {
        let done = job.enrich(list, output, &service, &["--no-ledger"]);
        done.exits_with(2).says(&["must not carry credentials"]);
    }
}

/// The `aws` command's own export: what it knows of SSO and roles, it knows here too.
#[test]
fn profiles_are_read_by_the_aws_command() {
    use std::os::unix::fs::PermissionsExt;

    let store = Store::start();
    store.put("list.csv", "phone\n+46701740605\n");
    let folder = tempfile::tempdir().unwrap();
    let aws = folder.path().join("aws");
    let script = "#!/bin/sh\n[ \"$5\" = --profile ] || [ \"$4\" = --profile ] || exit 9\n\
                  case \"$2\" in get) echo eu-north-1;; *) echo '{\"Version\": 1, \"AccessKeyId\": \"AKIAPROFILE\", \
                  \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\", \"Expiration\": \"2999-01-01T00:00:00+00:00\"}';; esac\n";
    std::fs::write(&aws, script).unwrap();
    std::fs::set_permissions(&aws, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (url, path) = (store.url(), format!("{}:/usr/bin:/bin", folder.path().display()));
    let job = Job::new().with_variables([
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_PROFILE", "team"),
        ("PATH", &path),
    ]);
    let service = Service::start(Default::default());
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let saw = seen.clone();
    store.set_trouble(move |_, request| {
        saw.lock().unwrap().push_str(request.headers.get("authorization").map_or("", String::as_str));
        None
    });
    job.enrich("s3://lake/list.csv", "out.csv", &service, &["--no-ledger"]).exits_with(0);
    let seen = seen.lock().unwrap().clone();
    assert!(seen.contains("AKIAPROFILE/") && seen.contains("/eu-north-1/s3/"), "{seen}");
}
