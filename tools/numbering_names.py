"""Writes country_names.csv of src/numbering/tables/: what a list may call a country, and its region.

country_names.csv   name,region. From the Unicode CLDR (Unicode License v3), as packed by `pip install babel`.

In this order, and a name keeps its first region: alpha-2 codes, alpha-3 codes, English names, the names in EXTRA, the
names in the languages of the country itself, and those in WORLD_LANGUAGES. A name that two countries have at the same
step is left out: a number must not get a calling code by chance. Names are compared as the program compares them,
without case, accents, blanks and punctuation.
"""

import re
import unicodedata

WORLD_LANGUAGES = "ar da de es fi fr it ja ko nb nl pl pt ru sv tr zh".split()
# Languages that are spoken by fewer people of a country give it no local name, unless they are official there.
LOCAL_SHARE = 20
# Two countries are called so.
AMBIGUOUS = {"congo", "virginislands"}

EXTRA = {
    "AE": "UAE;U.A.E.;Emirates", "AG": "Antigua", "AT": "Oesterreich;Osterreich",
    "BA": "Bosnia;Bosnia-Hercegovina", "BE": "Belgie;Belgique", "BN": "Brunei Darussalam", "BO": "Bolivia (Plurinational State of)",
    "BQ": "Bonaire;Bonaire, Sint Eustatius and Saba", "CC": "Cocos Islands;Keeling Islands",
    "CD": "DRC;DR Congo;D.R. Congo;Democratic Republic of the Congo;Congo, Democratic Republic of the;"
          "Congo, The Democratic Republic of the;Congo, Dem. Rep.;Congo (Kinshasa);Congo-Kinshasa;Zaire",
    "CG": "Republic of the Congo;Congo, Republic of the;Congo Republic;Congo, Rep.;Congo (Brazzaville);Congo-Brazzaville",
    "CH": "Confoederatio Helvetica;Swiss Confederation", "CI": "Ivory Coast;Cote d'Ivoire",
    "CN": "PRC;P.R. China;P.R.C.;People's Republic of China;China, People's Republic of;Mainland China;China (Mainland)",
    "CV": "Cape Verde", "CZ": "Czech Republic;Czechia", "DO": "Dominican Rep.",
    "FK": "Falkland Islands (Malvinas)", "FM": "Micronesia, Federated States of;Federated States of Micronesia",
    "GB": "UK;U.K.;Great Britain;Britain;England;Scotland;Wales;Northern Ireland;United Kingdom of Great Britain and "
          "Northern Ireland;The United Kingdom;Gr. Britain", "GR": "EL;Hellas;Hellenic Republic",
    "HK": "Hong Kong;Hongkong;Hong Kong SAR;Hong Kong, China;Hong Kong S.A.R.",
    "IE": "Republic of Ireland;Eire;Ireland, Republic of;Irish Republic", "IR": "Iran, Islamic Republic of;Islamic Republic of Iran",
    "KG": "Kyrgyz Republic", "KN": "St Kitts;Saint Kitts and Nevis", "KP": "DPRK;Korea, Democratic People's Republic of;"
    "Democratic People's Republic of Korea;Korea, North;Korea (North);Korea (the Democratic People's Republic of)",
    "KR": "Korea;Republic of Korea;Korea, Republic of;Korea, South;Korea (South);Korea (the Republic of);S. Korea;Korea, Rep.",
    "LA": "Lao PDR;Lao People's Democratic Republic", "LC": "Saint Lucia", "LY": "Libyan Arab Jamahiriya",
    "MD": "Moldova, Republic of;Republic of Moldova", "MF": "Saint Martin;Saint Martin (French part)",
    "MK": "Macedonia;FYROM;F.Y.R.O.M.;Republic of Macedonia;Macedonia, the former Yugoslav Republic of",
    "MM": "Burma;Myanmar", "MO": "Macau;Macao;Macau SAR;Macao SAR", "NL": "Holland;Nederland",
    "PM": "Saint Pierre and Miquelon", "PS": "Palestine;Palestine, State of;State of Palestine;Palestinian Territory, Occupied",
    "RU": "Russian Federation;Rossiya;Rossija", "SA": "KSA;K.S.A.;Kingdom of Saudi Arabia", "SH": "Saint Helena, Ascension and "
    "Tristan da Cunha;Saint Helena", "SX": "Sint Maarten (Dutch part)", "SY": "Syrian Arab Republic", "SZ": "Swaziland",
    "TL": "East Timor", "TR": "Turkey;Turkiye;Republic of Turkey", "TW": "Taiwan, Province of China;Republic of China;"
    "Taiwan, R.O.C.;Chinese Taipei;Taiwan (Province of China)", "TZ": "Tanzania, United Republic of;United Republic of Tanzania",
    "US": "U.S.;U.S.A.;US of A;America;United States of America;The United States;Estados Unidos de America;EE. UU.;EEUU;EE.UU.",
    "UA": "The Ukraine;Ukraina", "VA": "Vatican;Holy See;Holy See (Vatican City State)", "VC": "St Vincent;Saint Vincent and the Grenadines",
    "VE": "Venezuela, Bolivarian Republic of;Venezuela (Bolivarian Republic of)", "VG": "Virgin Islands, British;Virgin Islands (British)",
    "VI": "Virgin Islands, U.S.;Virgin Islands (U.S.);US Virgin Islands;USVI", "VN": "Viet Nam", "XK": "XKX;Republic of Kosovo",
    "BL": "Saint Barthelemy;St Barths;St Barts", "PF": "Tahiti", "RE": "Reunion Island", "GM": "The Gambia", "BS": "The Bahamas",
}
OFFICIAL = {
    "Republic of {}": "AL AM AO AT AZ BG BI BJ BW BY CL CM CO CR CU CY DJ EC EE FI FJ GA GE GH GN GT GW GY HN HR HT HU ID IN IQ IS IT KE KI KZ LR LT LV MG MH ML MM MT MU MV MW MZ NA NE NI NR PA PE PH PL PT PW PY RS RW SC SD SG SI SL SM SN SR SS TD TG TJ TN TT UG UZ VU YE ZA ZM ZW",
    "Kingdom of {}": "BE BH BT DK ES KH LS MA NL NO SE TH TO SZ GB",
    "Federal Republic of {}": "DE NG NP SO", "Commonwealth of {}": "AU BS DM", "Principality of {}": "AD LI MC",
    "State of {}": "ER IL KW LY QA", "Grand Duchy of {}": "LU", "Sultanate of {}": "OM", "Islamic Republic of {}": "AF MR PK",
    "Arab Republic of {}": "EG", "People's Republic of {}": "BD", "Hashemite Kingdom of {}": "JO", "Union of {}": "KM MM",
    "People's Democratic Republic of {}": "DZ", "Democratic Socialist Republic of {}": "LK", "Socialist Republic of {}": "VN",
    "Federative Republic of {}": "BR", "Federal Democratic Republic of {}": "ET", "Independent State of {}": "PG WS",
    "{} Republic": "AR DO FR PT SK", "{} SAR China": "HK MO",
}


def folded(name):
    """About what the program compares; the program itself folds the names of the table."""
    words = re.split(r"[^\w]+", unicodedata.normalize("NFKD", name.replace("&", " and ").casefold()))
    words = ("".join(char for char in word if unicodedata.category(char) != "Mn") for word in words)
    return "".join(word for word in words if word != "the").replace("_", "")


def local_languages(territory, languages):
    for language, facts in languages.get(territory, {}).items():
        if facts["official_status"] or facts["population_percent"] >= LOCAL_SHARE:
            yield language


def names_in(language, regions):
    from babel import Locale, UnknownLocaleError

    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        return
    for region in regions:
        name = territories.get(region)
        if name:
            yield name, region


def with_variants(name):
    yield name
    if re.match(r"St\.? ", name):
        yield re.sub(r"^St\.? ", "Saint ", name)


def steps(regions):
    """(name, region) step by step; a name of an earlier step has its region for good."""
    from babel import core

    aliases, languages = core.get_global("territory_aliases"), core.get_global("territory_languages")
    english = dict((region, name) for name, region in names_in("en", regions))
    yield ((region, region) for region in regions)
    yield ((code, new[0]) for code, new in sorted(aliases.items())
           if re.fullmatch("[A-Z]{3}", code) and len(new) == 1 and new[0] in regions)
    yield ((variant, region) for region, name in english.items() for variant in with_variants(name))
    extra = [(name, region) for region, names in sorted(EXTRA.items()) for name in names.split(";")]
    extra += [(form.format(english[region]), region) for form, isos in OFFICIAL.items() for region in isos.split()]
    yield ((variant, region) for name, region in extra for variant in with_variants(name))
    yield (pair for region in regions for language in local_languages(region, languages)
           for pair in names_in(language, [region]))
    yield (pair for language in WORLD_LANGUAGES for pair in names_in(language, regions))


def write(tables):
    import phonenumbers

    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    settled, lines = {}, ["name,region"]
    for step in steps(regions):
        found = {}
        for name, region in step:
            found.setdefault(folded(name), {}).setdefault(region, name)
        for key, names in found.items():
            if key in settled or len(names) > 1 or not key or key in AMBIGUOUS:
                continue
            settled[key], name = names.popitem()
            lines.append(f"{' '.join(name.replace(',', ' ').split())},{settled[key]}")
    (tables / "country_names.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
