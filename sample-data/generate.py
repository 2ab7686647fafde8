#!/usr/bin/env python3
"""Writes contacts.csv and contacts.parquet beside itself. Needs pyarrow; the seed is fixed.

Every number is reserved for fiction by a regulator (README.md lists them), or is broken on purpose so that it
cannot be dialled. Names and addresses are combined from lists and belong to nobody.
"""

import csv
import datetime
import random
from pathlib import Path

import pyarrow
import pyarrow.parquet

HERE = Path(__file__).parent
ROWS, PARQUET_ROWS = 4_000, 2_000

ACMA = """
491570006 491570156 491570157 491570158 491570159 491570110 491570313 491570737 491571266 491571491 491571804
491572549 491572665 491572983 491573770 491573087 491574118 491574632 491575254 491575789 491576398 491576801
491577426 491577644 491578957 491578148 491578888 491579212 491579760 491579455
""".split()
BNETZA = """
15228817386 15228895456 15254599371 1729925904 1729968532 1729973185 1729973186 1729980752 1749091317 1749464308
""".split()
AREAS = {
    "US": "202 206 212 213 303 305 312 404 415 503 512 617 702 713 718".split(),
    "CA": "204 403 416 418 506 514 604 613 902".split(),
    "JM": ["876"],
    "DO": ["809"],
    "TT": ["868"],
    "BB": ["246"],
    "PR": ["787"],
}

# Region: calling code, trunk prefix, usual groups of digits, mobile numbers for fiction.
MOBILE = {
    "SE": ("46", "0", (2, 3, 2, 2), [f"7017406{n:02}" for n in range(5, 100)]),
    "GB": ("44", "0", (4, 6), [f"7700900{n:03}" for n in range(1000)]),
    "FR": ("33", "0", (1, 2, 2, 2, 2), [f"63998{n:04}" for n in range(10_000)]),
    "DE": ("49", "0", (3, 20), BNETZA + [f"17139200{n:02}" for n in range(100)] + [f"176040690{n:02}" for n in range(100)]),
    "AU": ("61", "0", (3, 3, 3), ACMA),
}
for region, areas in AREAS.items():
    MOBILE[region] = ("1", "", (3, 3, 4), [f"{area}55501{n:02}" for area in areas for n in range(100)])
SHARE = {"SE": 20, "GB": 24, "FR": 24, "DE": 12, "AU": 4, "US": 20, "CA": 8, "JM": 2, "DO": 2, "TT": 1, "BB": 1, "PR": 2}

# Numbers for fiction that no HLR knows.
FIXED = (
    [("GB", f"+4420794600{n:02}") for n in range(100)]
    + [("GB", f"+448081570{n:03}") for n in range(100)]
    + [("SE", f"+468465004{n:02}") for n in range(100)]
    + [("SE", f"+463139006{n:02}") for n in range(100)]
    + [("DE", f"+493023125{n:03}") for n in range(100)]
    + [("FR", f"+3319900{n:04}") for n in range(100)]
    + [("AU", f"+61255500{n:03}") for n in range(100)]
    + [("IE", f"+35320910{n:04}") for n in range(100)]
)

FIRST = """Ada Aino Alma Amir Anouk Ansel Berit Bjarne Camille Cyrus Dalia Edda Elio Elsa Emeka Fenna Gaël Greta Hedda
Ilse Imran Ingrid Jonas Jules Kaya Keanu Leila Linus Lotte Maël Malik Mika Nadia Nils Noor Odile Otis Paloma Petra
Quentin Rahel Remy Saga Selma Søren Tariq Thea Tuva Ulla Viggo Wanda Yara Zoë Åke Öykü""".split()
LAST = """Almgren Appleyard Beaumont Bergqvist Blomfield Castellan Dahlström Delacroix Eisenbach Fairweather Fjellborg
Garnier Grünwald Halloway Hollenstein Isaksdotter Jansonius Kirkbride Lindgarten Marchetti Møllegaard Northcott
O'Dunne Perrault Quillfeather Rosenthal Sandström Thistlewood Underbakke Vandermeer Weissmann Ybarra Zetterlund""".split()
NOTES = [
    "", "", "", "", "", "newsletter", "met at the fair, wants a call back", 'prefers "evenings"', "moved in May\nnew address to follow",
    "VIP; do not call", "line one\r\nline two, with a comma", "tab\there", "é, ü, ø, 你好, עברית",
]


def in_groups(digits, sizes, separator):
    parts, start = [], 0
    for size in sizes:
        parts.append(digits[start : start + size])
        start += size
    return separator.join(part for part in parts if part)


def spellings(region, national):
    """The spellings of a number in lists: (weight, text)."""
    code, trunk, sizes, _ = MOBILE[region]
    digits = code + national
    spaced = in_groups(national, sizes, " ")
    full_width = str.maketrans("0123456789", "０１２３４５６７８９")
    return [
        (30, digits),
        (20, f"+{digits}"),
        (12, f"+{code} {spaced}"),
        (6, f"00{digits}"),
        (5, f"+{code} {in_groups(national, sizes, '-')}"),
        (4, f"+{code} (0){spaced}" if trunk else f"+{code} ({national[:3]}) {national[3:6]}-{national[6:]}"),
        (3, f"+{code}.{in_groups(national, sizes, '.')}"),
        (2, f"+{code} {national[:3]}/{national[3:]}"),
        (2, f"+{code}\u00a0{in_groups(national, sizes, chr(0xA0))}"),
        (1, f"+{code}\u202f{in_groups(national, sizes, chr(0x2011))}"),
        (1, f"\u200b{digits}\u200e"),
        (1, f"+{digits}".translate(full_width)),
        (2, f"'{digits}"),
        (2, f'="{digits}"'),
        (3, f"{digits}.0"),
        (1, f'"{digits}"'),
        (1, f"tel:+{digits}"),
        (2, f"  +{digits} "),
        # Only Swedish numbers have national spellings, so that `--region SE` makes only numbers for fiction.
        (30 if region == "SE" else 0, trunk + spaced.replace(" ", "-", 1)),
        (10 if region == "SE" else 0, trunk + national),
        (8 if region in AREAS else 0, f"1-{in_groups(national, sizes, '-')}"),
    ]


def broken(region, national, draw):
    """A cell without a number to look up."""
    code = MOBILE[region][0]
    digits = code + national
    return draw.choice(
        [
            "", "", "", "-", "NULL", "n/a", " ", "call the office", f"+{digits[:6]}", national[:4], "12345",
            f"{float(digits):.5E}", f"{float(digits):.5E}".replace(".", ","), f"{digits}.5",
            f"+{digits} ext 12", f"+{digits}/+{digits}", digits + "0" * 6, digits * 2, f"+{digits[:-3]}",
            "+999 555 0100", "000000", "name@example.org",
        ]
    )


def people(draw):
    """Endless (name, e-mail) pairs of invented people."""
    while True:
        first, last = draw.choice(FIRST), draw.choice(LAST)
        local = "".join(char for char in f"{first}.{last}".lower() if char.isascii() and (char.isalpha() or char == "."))
        yield f"{first} {last}", f"{local}{draw.randrange(1000)}@example.{draw.choice(['com', 'org', 'net'])}"


def fresh_numbers(draw):
    """Endless (region, national number) pairs. A number is repeated only when its region has no more."""
    pools = {region: draw.sample(numbers, len(numbers)) for region, (*_, numbers) in MOBILE.items()}
    while True:
        region = draw.choices(list(SHARE), list(SHARE.values()))[0]
        pools[region] = pools[region] or list(MOBILE[region][-1])
        yield region, pools[region].pop()


def csv_rows(draw):
    numbers, named, seen = fresh_numbers(draw), people(draw), []
    for row in range(1, ROWS + 1):
        name, email = next(named)
        kind = draw.choices(["fresh", "again", "fixed", "broken"], [78, 10, 4, 8])[0]
        if kind == "fixed":
            region, phone = draw.choice(FIXED)
        else:
            region, national = draw.choice(seen) if kind == "again" and seen else next(numbers)
            seen.append((region, national))
            options = spellings(region, national)
            phone = draw.choices([text for _, text in options], [weight for weight, _ in options])[0]
            phone = broken(region, national, draw) if kind == "broken" else phone
        yield [row, name, email, phone, region, draw.choice(NOTES)]


def write_csv():
    with open(HERE / "contacts.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "name", "email", "phone", "country", "note"])
        writer.writerows(csv_rows(random.Random(1876)))


def write_parquet():
    draw = random.Random(1973)
    numbers, named = fresh_numbers(draw), people(draw)
    rows = []
    for row in range(PARQUET_ROWS):
        region, national = next(numbers)
        name, email = next(named)
        seen = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=draw.randrange(20_000_000))
        rows.append(
            {
                "customer_id": 10_000 + row,
                "msisdn": None if draw.random() < 0.02 else int(MOBILE[region][0] + national),
                "person": {"name": name, "email": email},
                "tags": draw.sample(["newsletter", "vip", "trial", "partner", "staff"], draw.randrange(4)),
                "segment": draw.choice(["consumer", "business", "public", None]),
                "last_seen": seen,
                "balance": round(draw.uniform(-50, 500), 2),
            }
        )
    schema = pyarrow.schema(
        [
            pyarrow.field("customer_id", pyarrow.int32(), nullable=False),
            ("msisdn", pyarrow.int64()),
            ("person", pyarrow.struct([("name", pyarrow.string()), ("email", pyarrow.string())])),
            ("tags", pyarrow.list_(pyarrow.string())),
            ("segment", pyarrow.dictionary(pyarrow.int8(), pyarrow.string())),
            ("last_seen", pyarrow.timestamp("ms", tz="UTC")),
            ("balance", pyarrow.float64()),
        ],
        metadata={"made_by": "sample-data/generate.py"},
    )
    columns = [pyarrow.array([row[field.name] for row in rows], type=field.type) for field in schema]
    table = pyarrow.Table.from_arrays(columns, schema=schema)
    pyarrow.parquet.write_table(table, HERE / "contacts.parquet", compression="zstd", row_group_size=500)


if __name__ == "__main__":
    write_csv()
    write_parquet()
