# Shortcuts for work on the project; `just` lists them.

default:
    @just --list

# what must pass before a change lands
check:
    .ci/run

# the README's first command
demo:
    cargo run --release -- enrich sample-data/contacts.csv -o enriched.parquet --endpoint simulator --force

# the service on loopback, on the documented port
simulate *flags:
    cargo run --release -- simulate {{flags}}

# more seeds of the runs in paused time than the tests take
seeds count="10000":
    HLR_SEEDS={{count}} cargo test --test it paused_time

# the release binary beside its peers, on the same server and in the same minute
compare *flags:
    benches/compare.py {{flags}}

# whether the contract's limits are used to the full and never passed
contract *flags:
    benches/contract.py {{flags}}

# instructions for each lookup, under valgrind
instructions *flags:
    benches/instructions.py {{flags}}

# Leaks are not looked for: the thread that reads a list may end after the target has.
# bytes that nobody would write, given to a reader (msisdn, wire, csv) for so many seconds; needs cargo-fuzz
fuzz target seconds="120":
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{target}} -- -max_total_time={{seconds}} -timeout=20 -detect_leaks=0

# changes of one file that none of these tests notices; needs cargo-mutants
mutants file="src/lookup/retry.rs" tests="retry":
    cargo mutants -f {{file}} -- --lib {{tests}}

# licences, sources and advisories of the dependencies
deny:
    cargo deny check
