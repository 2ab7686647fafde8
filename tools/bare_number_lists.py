#!/usr/bin/env python3
"""Asks `hlr` what it would do with lists of bare numbers of every region: who would be paid for in vain?

    pip install phonenumbers==9.0.43 && cargo build --release
    python3 tools/bare_number_lists.py target/release/hlr [--rows 300] [--seed 1]

For each region of libphonenumber's metadata, random valid mobile numbers are written in three lists, without
a region to complete them:

national   national numbers, as digits: nobody may be asked
zeros      the same with the prefix that is dialled in the country (0701740605): nobody may be asked
msisdn     international digits without a plus, one row in ten is rubbish: all others must be asked

and one more list has MSISDNs of all regions. A dry run says how many numbers would be looked up; nothing is
sent. Prints the totals of docs/cleaning-a-list.md, and a table of the regions in which something went wrong.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

try:
    from re import _parser as sre_parse
except ImportError:
    import sre_parse

MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
RUBBISH = ["12345", "99999999999", "0", "1111111", "123456789012345", "55", "2026112", "31415926", "7", "4242"]


def digits_matching(pattern, rng):
    """Random digits that match a regular expression of the metadata; longer alternatives are likelier."""

    def sample(parsed):
        text = ""
        for kind, value in parsed:
            name = str(kind)
            if name == "LITERAL":
                text += chr(value)
            elif name == "IN":
                choices = [c for part in value for c in expand(part)]
                text += rng.choice(choices)
            elif name in ("MAX_REPEAT", "MIN_REPEAT"):
                low, high, inner = value
                text += "".join(sample(inner) for _ in range(rng.randint(low, min(high, low + 8))))
            elif name == "SUBPATTERN":
                text += sample(value[-1])
            elif name == "BRANCH":
                text += sample(rng.choice(value[1]))
            else:
                raise ValueError(f"{name} in {pattern}")
        return text

    def expand(part):
        kind, value = part
        if str(kind) == "RANGE":
            return [chr(c) for c in range(value[0], value[1] + 1)]
        if str(kind) == "CATEGORY":
            return list("0123456789")
        return [chr(value)]

    return sample(sre_parse.parse(pattern))


def mobile_numbers(region, rows, rng):
    """Random valid mobile numbers of a region; fewer where it has not enough."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    pattern = metadata.mobile.national_number_pattern if metadata.mobile else None
    if not pattern:
        return []
    found = {}
    for _ in range(40 * rows):
        national = digits_matching(pattern, rng)
        try:
            number = phonenumbers.parse(f"+{metadata.country_code}{national}")
        except phonenumbers.NumberParseException:
            continue
        is_of_region = phonenumbers.is_valid_number_for_region(number, region)
        if is_of_region and phonenumbers.number_type(number) in MOBILE:
            found[national] = f"{metadata.country_code}{national}"
        if len(found) == rows:
            break
    return list(found.items())


def looked_up(hlr, numbers, folder):
    """How many numbers a run would ask about; 0 if it refuses the list."""
    (folder / "list.csv").write_text("phone\n" + "\n".join(numbers) + "\n")
    summary = folder / "summary.json"
    summary.unlink(missing_ok=True)
    arguments = ["enrich", "list.csv", "--dry-run", "--endpoint", "simulator", "--no-ledger", "--summary", summary]
    done = subprocess.run([hlr, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    if done.returncode == 2:
        return 0
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(summary.read_text())["survey"]["to_look_up"]


def with_rubbish(numbers, rng):
    """The numbers, and one row of rubbish for nine of them."""
    rows = [number if nth % 10 else None for nth, number in zip(range(10 * len(numbers) // 9 + 1), _padded(numbers))]
    return [row if row is not None else rng.choice(RUBBISH) for row in rows]


def _padded(numbers):
    """The numbers with a gap before every ninth, for the rubbish."""
    numbers = iter(numbers)
    nth = 0
    while True:
        if nth % 10 == 0:
            yield None
        else:
            number = next(numbers, None)
            if number is None:
                return
            yield number
        nth += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hlr", type=Path)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--regions", nargs="*", help="only these")
    options = parser.parse_args()
    hlr, rng = options.hlr.resolve(), random.Random(options.seed)
    lists, table, everywhere = 0, [], []
    totals = {"national": 0, "zeros": 0, "refused": 0, "numbers": 0, "prefixed": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for region in options.regions or sorted(phonenumbers.SUPPORTED_REGIONS):
            numbers = mobile_numbers(region, options.rows, rng)
            if len(numbers) < 100:
                continue
            lists += 1
            metadata = PhoneMetadata.metadata_for_region(region, None)
            prefix = metadata.national_prefix or ""
            prefix = prefix if re.fullmatch(r"\d+", prefix) else ""
            nationals, msisdns = zip(*numbers)
            asked = looked_up(hlr, nationals, folder)
            # In the plan of North America, the prefix is the calling code, and the number is complete.
            has_prefix = prefix and prefix != str(metadata.country_code)
            asked_zeros = looked_up(hlr, [prefix + n for n in nationals], folder) if has_prefix else 0
            refused = len(set(msisdns)) - looked_up(hlr, with_rubbish(msisdns, rng), folder)
            everywhere += rng.sample(msisdns, min(30, len(msisdns)))
            totals["national"] += asked
            totals["zeros"] += asked_zeros
            totals["refused"] += max(refused, 0)
            totals["numbers"] += len(numbers)
            totals["prefixed"] += len(numbers) if has_prefix else 0
            if asked or asked_zeros or refused > 0:
                table.append((region, len(numbers), asked, asked_zeros, max(refused, 0)))
        rng.shuffle(everywhere)
        mixed = len(set(everywhere)) - looked_up(hlr, with_rubbish(everywhere, rng), folder)
    print(f"{lists} regions with at least 100 mobile numbers, {totals['numbers']} numbers")
    print(f"national numbers asked about: {totals['national']}; with their prefix: {totals['zeros']} of {totals['prefixed']}")
    print(f"MSISDNs not asked about: {totals['refused']}; in one list of all regions: {max(mixed, 0)} of {len(everywhere)}")
    if table:
        print("| region | numbers | national, asked | with prefix, asked | MSISDN, not asked |\n| --- | --- | --- | --- | --- |")
        for row in table:
            print("| " + " | ".join(map(str, row)) + " |")


if __name__ == "__main__":
    main()
