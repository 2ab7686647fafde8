use clap::CommandFactory;

use super::*;
use crate::cli::Exit;
use crate::config::KeySource;

#[test]
fn the_definitions_are_valid() {
    Arguments::command().debug_assert();
}

#[test]
fn the_help_lists_every_exit_code() {
    let listed: Vec<u8> =
        EXAMPLES.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(listed, Exit::ALL.map(Exit::code));
}

fn enrich(arguments: &str) -> RawConfig {
    let argv = ["hlr", "enrich"].into_iter().chain(arguments.split_whitespace());
    match Arguments::try_parse_from(argv).unwrap().command {
        Command::Enrich(arguments) => arguments.raw_config(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_flag_that_is_not_given_sets_no_key() {
    let raw = enrich("list.csv");
    let set: Vec<_> = RawConfig::KEYS.iter().map(|key| key.name).filter(|key| raw.says(key)).collect();
    assert_eq!(set, ["input"]);
}

#[test]
fn every_flag_sets_the_key_of_its_name() {
    let raw = enrich(
        "a.csv b.csv -o out.parquet --format csv -c phone --region SE --region-column country --international --several-numbers first --max-invalid 0.5 --endpoint eu --endpoint us --product portability \
         --rate 500 --concurrency 200 --timeout 5s --attempts 3 --retry-on HLR_LOCAL_CANCEL,SYSTEM_FAILURE \
         --nocache --order completion --prefix x_ --delimiter tab --no-header --sheet List --skip-lines 2 --quote none --escape none --encoding gbk --force --summary run.json --report run.html --filter a=b --keep-columns a,b --drop-columns c --partition-by country,status \
         --lock l --metrics m.prom --metrics-listen 127.0.0.1:0 \
         --window-rows 1000 --give-up-after 10m --credentials-file c --ca-file ca.pem --proxy http://p:1 \
         --seed 7 --skip-useless --second-pass 5m --ledger l.redb --no-ledger --max-age dead=30d,absent=12h --refresh --commit-interval 50ms --unsaved-answers 100 --answers s3://b/a --lease-ttl 20s --wait 10m \
         --price 0.004 --accept-results A,B --max-lookups 9 --max-cost 1.5 --dry-run --only unresolved --cost-column",
    );
    for key in RawConfig::KEYS {
        assert_eq!(raw.says(key.name), key.source == KeySource::Flag, "{}", key.name);
    }
    assert!(raw.endpoint.is_some_and(|endpoint| endpoint.0 == ["eu", "us"]));
    assert_eq!(raw.header, Some(false));
    assert_eq!(raw.retry_on.map(|list| list.len()), Some(2));
}

#[test]
fn the_help_of_a_flag_is_the_documentation_of_its_key() {
    let command = Arguments::command();
    let enrich = command.find_subcommand("enrich").unwrap();
    // The list is a positional argument, and --no-header says the opposite of its key.
    let flags = RawConfig::KEYS.iter().filter(|key| key.source == KeySource::Flag);
    for key in flags.filter(|key| !["input", "header"].contains(&key.name)) {
        let flag = enrich.get_arguments().find(|flag| flag.get_id() == key.name).unwrap();
        let summary = key.doc.split("\n\n").next().unwrap().trim().replace("\n ", " ");
        assert_eq!(flag.get_help().unwrap().to_string(), summary, "{}", key.name);
    }
}
