#!/usr/bin/env python3
"""What is left when every answer is known: a join. DuckDB reads the list, adds the answers, writes zstd Parquet.

usage: peer_duckdb.py LIST.csv|LIST.parquet ANSWERS.parquet OUTPUT.parquet THREADS     (both have a column msisdn)
needs: pip install duckdb
"""

import sys

import duckdb

listed, answers, output, threads = sys.argv[1:5]
rows = f"'{listed}'" if listed.endswith(".parquet") else f"read_csv('{listed}', all_varchar = true)"
database = duckdb.connect()
database.execute(f"set threads = {int(threads)}")
database.execute(
    f"""copy (
        select listed.*, answers.* exclude (msisdn)
        from {rows} listed
        left join '{answers}' answers using (msisdn)
    ) to '{output}' (format parquet, compression zstd)"""
)
