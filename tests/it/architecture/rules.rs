//! The rules that the source files keep: who may import whom, and what belongs in one place.

/// Modules that every other module may import: the data model, and small tools without state.
pub(super) const SHARED: [&str; 8] =
    ["humanize", "model", "spill_file", "staging", "suggest", "sync", "task", "worker_threads"];

/// Each module, and the other modules that it may import.
pub(super) const MAY_IMPORT: [(&str, &[&str]); 29] = [
    ("model", &[]),
    ("humanize", &[]),
    ("spill_file", &[]),
    ("staging", &[]),
    ("suggest", &[]),
    ("sync", &[]),
    ("task", &[]),
    ("worker_threads", &["sync"]),
    ("numbering", &[]),
    // Proxies and certificates are those of lookups.
    ("storage", &["service"]),
    ("input", &["storage"]),
    ("output", &["storage"]),
    // Prices depend on the country of a number.
    ("pricing", &["numbering"]),
    // Events name the country of a range; counters count charges.
    ("telemetry", &["pricing", "numbering"]),
    ("service", &[]),
    // Only its error, where answers are shared.
    ("ledger", &["storage"]),
    // The columns of answers, wherever they are written.
    ("answer_table", &["ledger", "numbering"]),
    ("shared_answers", &["storage", "ledger", "answer_table"]),
    // Only the trait of the service.
    ("lookup", &["service", "ledger", "telemetry", "pricing"]),
    ("enrich", &["numbering", "lookup", "telemetry", "service", "pricing"]),
    // The simulator judges the client, so it shares only the data model with it.
    ("simulator", &[]),
    ("report", &["numbering", "telemetry"]),
    // It opens these modules, and its settings contain their value types: a region, a tariff.
    (
        "enricher",
        &[
            "enrich",
            "lookup",
            "ledger",
            "service",
            "shared_answers",
            "simulator",
            "storage",
            "telemetry",
            "numbering",
            "pricing",
        ],
    ),
    // Value types only: those of the settings of an enricher, a list and an output.
    (
        "config",
        &[
            "enricher",
            "input",
            "output",
            "numbering",
            "enrich",
            "lookup",
            "ledger",
            "service",
            "simulator",
            "pricing",
            "storage",
        ],
    ),
    // The numbers to forget are read from a list, like those of a run.
    (
        "ledger_admin",
        &["input", "output", "answer_table", "ledger", "numbering", "enrich", "shared_answers", "storage"],
    ),
    (
        "job",
        &[
            "answer_table",
            "config",
            "enricher",
            "enrich",
            "input",
            "output",
            "ledger",
            "lookup",
            // How the numbers of a list are read, as a value.
            "numbering",
            "report",
            "simulator",
            "storage",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "job",
            "config",
            "enricher",
            "ledger_admin",
            "simulator",
            "telemetry",
            "enrich",
            "input",
            "ledger",
            "lookup",
            "numbering",
            "output",
            "report",
            "shared_answers",
            "storage",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// Texts that only some modules may contain, and why.
pub(super) const ONLY_IN: [(&str, &[&str], &str); 13] = [
    ("println!", &["cli"], "only the command line prints"),
    ("process::exit", &["main"], "only main ends the process"),
    ("ExitCode", &["main", "cli"], "only the command line knows exit codes"),
    ("std::env", &["main", "config", "job", "cli"], "main hands the environment in"),
    ("toml::", &["config", "cli"], "pipeline files are read in one place"),
    ("clap::", &["cli"], "arguments are read in one place"),
    ("indicatif::", &["cli"], "progress is shown in one place"),
    ("tracing::", &["cli"], "only the command line says anything"),
    ("prometheus::", &["telemetry", "job"], "one module knows how counts are exposed"),
    ("redb::", &["ledger"], "one module knows which database it is"),
    ("reqwest::", &["service", "storage"], "only the service and object stores speak HTTP"),
    ("object_store::", &["storage"], "one module knows how objects are stored"),
    (
        "arrow::",
        &[
            "model",
            "enrich",
            "enricher",
            "input",
            "output",
            "answer_table",
            "shared_answers",
            "ledger_admin",
            "job",
            "cli",
        ],
        "the lookup knows no Arrow",
    ),
];

/// The most lines of a file: enough for one concept.
pub(super) const LONGEST_FILE: usize = 400;
/// The most files of a folder: a listing fits on a screen.
pub(super) const MOST_FILES: usize = 20;
