#!/usr/bin/env python3
"""Writes the generated tables of src/numbering/tables/: networks, plans and ranges of numbers, names of countries.

    python3 tools/numbering_tables.py [--mbpi serviceproviders.xml] [--aosp carrier_list.textpb]

networks.csv   mcc,mnc,country,name. From GNOME's mobile-broadband-provider-info (public domain; on Debian the
               package of that name). With --aosp also from the carrier list of the Android Open Source Project
               (Apache-2.0); where both have a network, GNOME's name is taken.
plans.csv, ranges.csv   From the metadata of Google's libphonenumber (Apache-2.0), as packed by
               `pip install phonenumberslite`; see numbering_plans.py.
country_names.csv   From the Unicode CLDR (Unicode License v3), as packed by `pip install babel`; see numbering_names.py.

countries.csv and own_networks.csv are written by hand and stay as they are. A country that contradicts the
MCC in countries.csv is left out. The same inputs give the same bytes.

Where several providers are listed with one code (most of them are resellers), the network gets the name of
  1. a provider that is not in RESELLERS;
  2. else the provider marked primary="true";
  3. else the one with the most networks in that country, because a reseller uses the codes of one host;
  4. else the first in the file.
"""

import argparse
import collections
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numbering_names
import numbering_plans

TABLES = Path(__file__).parent.parent / "src/numbering/tables"
MBPI = "/usr/share/mobile-broadband-provider-info/serviceproviders.xml"

# Brands on another operator's radio network, and brands that were renamed.
RESELLERS = {
    "1&1", "ABroadband", "AIF", "Activ", "AldiTalk/MedionMobile", "Aldi Mobile AU", "Alice", "Amaysim", "Amena",
    "Apex Telecom", "Asda Mobile", "AweSIM", "BLiNK", "Beagle", "Ben", "BiBoB", "Bild Mobil", "Bip", "CARNet Tele2",
    "CARNet VIPNET", "CBB Mobil", "Chess", "Clix", "Com Hem", "Comviq", "Congstar", "CoopVoce", "Crazy John's", "DIGI",
    "Djuice", "Dodo", "Escape Net", "Excite", "Exetel", "Exetel (Vodafone based)", "FONIC", "Fastweb", "Galaxy",
    "Halebop", "Happy Móvil/moviData", "Heyah", "Hi", "Highway1", "INEA", "Internode", "Jeans", "Kanguru", "Lebara",
    "LlamaYa móvil", "Ludo Mobil", "Lycamobile", "M-Budget", "MEDIONmobile", "MOBIL.CZ", "Mineo", "Mint Mobile",
    "Mobile Vikings", "Multicom Security", "Multimo", "MyCall", "Másmovil", "Netclub", "Netia", "Netzclub", "Nordea",
    "OCN", "OiSTER", "OneCall", "Onfone Internet DK", "Pennytel", "Pepephone", "Phonero", "PosteMobile", "Prixtel",
    "Public Mobile", "Simpel", "Smelly Black Dog", "SpeedTalk Mobile", "Straight Talk", "Superdrug", "TEN", "TPG Mobile",
    "Tchibo-Mobil", "TeleCoop", "Telenet Mobile", "Telipol", "Telmore", "Tesco Mobile", "Ting", "Tiscali",
    "Tuenti Móvil", "UNE", "US Mobile", "Unotel", "VOLmobil", "VOXmobile", "Vectra", "Virgin Mobile", "Westnet", "ZON",
    "b-mobile", "blau.de", "giffgaff", "happiimobil", "iPrimus", "iiNet", "nju mobile", "simyo Internet", "tele.ring",
}


def networks_of_mbpi(path):
    """(mcc, mnc) -> (country, name), by the rule above."""
    listed = collections.defaultdict(list)
    for country in ElementTree.parse(path).getroot().iter("country"):
        providers = list(country.iter("provider"))
        size = collections.Counter()
        for provider in providers:
            size[provider.findtext("name")] += len(list(provider.iter("network-id")))
        for provider in providers:
            name = provider.findtext("name")
            rank = (name in RESELLERS, provider.get("primary") != "true", -size[name])
            for network in provider.iter("network-id"):
                listed[network.get("mcc"), network.get("mnc")].append((rank, country.get("code").upper(), name))
    best = {code: min(entries, key=lambda entry: entry[0]) for code, entries in listed.items()}
    return {code: (country, name) for code, (_, country, name) in best.items()}


def networks_of_aosp(path):
    """The same from AOSP: first rules with only a code, then those with a service provider name; others are MVNOs."""
    bare, named = {}, {}
    for block in re.split(r"^carrier_id \{", Path(path).read_text(encoding="utf-8"), flags=re.M)[1:]:
        name = re.search(r'^\s*carrier_name:\s*"(.*?)"', block, flags=re.M)
        if not name:
            continue
        for rule in re.findall(r"carrier_attribute \{(.*?)\}", block, flags=re.S):
            fields = set(re.findall(r"(\w+):", rule))
            for code in re.findall(r'mccmnc_tuple:\s*"(\d{5,6})"', rule):
                if fields <= {"mccmnc_tuple", "spn"}:
                    (named if "spn" in fields else bare).setdefault((code[:3], code[3:]), ("", name[1]))
    return {**named, **bare}


def brand(name):
    """The first of several spellings, without remarks in brackets and without the legal form."""
    name = re.sub(r"\(.*?\)", "", name).split("/")[0]
    return re.sub(r"\b(GmbH|S\.?A\.?|AB|AS|Ltd\.?|Inc\.?|LLC)$", "", name.strip()).strip(" ,-").replace(",", "")


def write_networks(networks):
    countries = dict(row.split(",") for row in (TABLES / "countries.csv").read_text(encoding="utf-8").splitlines()[1:])
    lines = ["mcc,mnc,country,name"]
    for (mcc, mnc), (country, name) in sorted(networks.items(), key=lambda item: (item[0][0], int(item[0][1]), item[0][1])):
        country = country if country in countries.get(mcc, "").split() else ""
        if brand(name):
            lines.append(f"{mcc},{mnc},{country},{brand(name)}")
    (TABLES / "networks.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mbpi", default=MBPI, help="serviceproviders.xml (default: where Debian puts it)")
    arguments.add_argument("--aosp", help="carrier_list.textpb of the Android Open Source Project")
    arguments = arguments.parse_args()
    networks = networks_of_mbpi(arguments.mbpi)
    for code, entry in (networks_of_aosp(arguments.aosp) if arguments.aosp else {}).items():
        networks.setdefault(code, entry)
    write_networks(networks)
    numbering_plans.write(TABLES)
    numbering_names.write(TABLES)


if __name__ == "__main__":
    main()
