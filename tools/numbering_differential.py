#!/usr/bin/env python3
"""Writes tests/data/numbering-differential.csv: 20,000 spellings, and what libphonenumber reads in them.

    pip install phonenumbers==9.0.43 && python3 tools/numbering_differential.py

For every region and kind of line: libphonenumber's example number with other digits at its end, whatever becomes of it;
the same with one or three digits too few and one too many; and random numbers of every length that the region has. Each is written in
some of the forms below. The seed is fixed: the same metadata gives the same bytes.

region     the default region that the reader is told; empty for none
outcome    the digits of a mobile number, the kind of another valid number, or `invalid`
"""

import random
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

OUTPUT = Path(__file__).parent.parent / "tests/data/numbering-differential.csv"
SPELLINGS = 20_000
KINDS = {
    PhoneNumberType.MOBILE: ("mobile", 12),
    PhoneNumberType.FIXED_LINE: ("fixed_line", 4),
    PhoneNumberType.TOLL_FREE: ("toll_free", 1),
    PhoneNumberType.PREMIUM_RATE: ("premium_rate", 1),
    PhoneNumberType.SHARED_COST: ("shared_cost", 1),
    PhoneNumberType.VOIP: ("voip", 1),
    PhoneNumberType.PERSONAL_NUMBER: ("personal_number", 1),
    PhoneNumberType.PAGER: ("pager", 1),
    PhoneNumberType.UAN: ("company_number", 1),
    PhoneNumberType.VOICEMAIL: ("voicemail", 1),
    PhoneNumberType.FIXED_LINE_OR_MOBILE: ("mobile", 0),
}
CARRIERS = {"BR": ["15", "21", "31"], "CO": ["3", "5", "456"], "CN": ["17951", "12593"], "KR": ["81", "8599"], "BO": ["10"]}


def numbers_of(region, dice):
    code = phonenumbers.country_code_for_region(region)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    for kind, (_, count) in KINDS.items():
        example = phonenumbers.example_number_for_type(region, kind)
        for turn in range(count if example else 0):
            national = phonenumbers.national_significant_number(example)
            replaced = dice.choice((2, 3, 4, 4, 5)) if turn else 0
            yield code, national[:len(national) - replaced] + digits(dice, replaced)
        if example and kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
            yield code, national[:-1]
            yield code, national + digits(dice, 1)
            yield code, national[:-3]
    for length in metadata.general_desc.possible_length:
        yield code, dice.choice("123456789") + digits(dice, length - 1)


def digits(dice, count):
    return "".join(dice.choice("0123456789") for _ in range(count))


def spellings_of(region, code, national, dice):
    """(default region, form, text)"""
    zeros = len(national) - len(national.lstrip("0"))
    number = PhoneNumber(
        country_code=code, national_number=int(national), italian_leading_zero=zeros > 0, number_of_leading_zeros=zeros or None
    )
    formatted = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    trunk = metadata.national_prefix or ""
    other = dice.choice(sorted(phonenumbers.SUPPORTED_REGIONS))
    yield "", "e164", f"+{code}{national}"
    yield "", "digits", f"{code}{national}"
    yield "", "zeros", f"00{code}{national}"
    yield dice.choice(("", region, other)), "international", phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    if trunk:
        yield "", "trunk after plus", f"+{code} ({trunk}) {national}"
        yield region, "trunk and digits", f"{trunk}{national}"
    yield region, "national", formatted
    yield region, "national digits", "".join(filter(str.isdigit, formatted))
    yield region, "significant digits", national
    yield region, "own calling code", f"{code}{national}"
    yield other, "dialled from abroad", phonenumbers.format_out_of_country_calling_number(number, other)
    yield region, "dialled from a mobile", phonenumbers.format_number_for_mobile_dialing(number, region, True)
    for carrier in CARRIERS.get(region, []):
        yield region, "carrier", phonenumbers.format_national_number_with_carrier_code(number, carrier)
        yield region, "carrier and digits", f"0{carrier}{national}"


def outcome_of(region, form, text):
    try:
        number = phonenumbers.parse(f"+{text}" if form == "digits" else text.replace("00", "+", 1) if form == "zeros" else text, region or None)
    except phonenumbers.NumberParseException:
        return "invalid"
    if not phonenumbers.is_valid_number(number):
        return "invalid"
    kind = KINDS[phonenumbers.number_type(number)][0]
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:] if kind == "mobile" else kind


def main():
    dice = random.Random(11)
    found = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for code, national in numbers_of(region, dice):
            for default, form, text in spellings_of(region, code, national, dice):
                text = text and text.replace("~", " ")
                if text and not set(text) & set(",;xe") and (default, text) not in found:
                    found[default, text] = form
    chosen = sorted(dice.sample([(default, form, text) for (default, text), form in found.items()], SPELLINGS))
    lines = ["region,form,text,outcome", *(",".join((*case, outcome_of(*case))) for case in chosen)]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
