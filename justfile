# Shortcuts for work on the project; `just` lists them.

default:
    @just --list

# what must pass before a change lands
check:
    .ci/run

# the README's first command
demo:
    cargo run --release -- enrich sample-data/contacts.csv -o enriched.parquet --endpoint simulator --force

# the simulator on the documented port
simulate *flags:
    cargo run --release -- simulate {{flags}}

# the runs in paused time with more seeds than the tests use
seeds count="10000":
    HLR_SEEDS={{count}} cargo test --test it paused_time

# the release binary beside other clients, on the same server and in the same minute
compare *flags:
    benches/compare.py {{flags}}

# whether the contract's limits are used in full and never exceeded
contract *flags:
    benches/contract.py {{flags}}

# instructions per lookup, counted by valgrind
instructions *flags:
    benches/instructions.py {{flags}}

# Leaks are not reported: the thread that reads a list may end after the target.
# fuzz one reader (msisdn, wire, csv) for a number of seconds; needs cargo-fuzz
fuzz target seconds="120":
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{target}} -- -max_total_time={{seconds}} -timeout=20 -detect_leaks=0

# mutations of one file that no test notices; needs cargo-mutants
mutants file="src/lookup/retry.rs" tests="retry":
    cargo mutants -f {{file}} -- --lib {{tests}}

# the tests of Spark that take minutes: frozen executors, speculation; needs the environment of .ci/run
spark-chaos python="target/python/bin/python":
    cargo build
    HLR_SPARK=1 HLR_SPARK_CHAOS=1 HLR_PROGRAM=$PWD/target/debug/hlr {{python}} -m pytest -s python/tests/spark/test_chaos.py

# the tests of Spark with an older version of it, in an environment of its own
spark-matrix version="3.5":
    python3 -m venv target/spark-{{version}}
    target/spark-{{version}}/bin/pip install -q "pyspark=={{version}}.*" "pandas>=2.2,<3" "pyarrow>=15" "numpy<2.3" setuptools pytest boto3 "moto[server]"
    target/spark-{{version}}/bin/pip install -q ./python --config-settings=build-args="--profile dev"
    cargo build
    HLR_SPARK=1 HLR_PROGRAM=$PWD/target/debug/hlr target/spark-{{version}}/bin/python -m pytest -s python/tests/spark

# licences, sources and advisories of the dependencies
deny:
    cargo deny check
