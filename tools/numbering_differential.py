#!/usr/bin/env python3
"""Writes tests/data/numbering-differential.csv: numbers, and what libphonenumber says about them.

    pip install phonenumberslite==9.0.42 && python3 tools/numbering_differential.py

For every region and kind of line: libphonenumber's example number with other last digits, as long as the
result is valid, in international form (`+…`), as digits, and in national form. In addition, mobile numbers
with too few and too many digits. The seed is fixed: the same metadata gives the same bytes.

verdict  mobile       valid, and in a range for mobile numbers or one that fixed and mobile lines share
         other        valid, and in another range
         impossible   a length that no number of the region has
"""

import random
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

OUTPUT = Path(__file__).parent.parent / "tests/data/numbering-differential.csv"
MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
KINDS = {
    PhoneNumberType.MOBILE: 3,
    PhoneNumberType.FIXED_LINE: 2,
    PhoneNumberType.TOLL_FREE: 1,
    PhoneNumberType.PREMIUM_RATE: 1,
}


def with_other_digits(number, random_digits):
    """The number with up to four of its last digits replaced, or itself if none of the results is valid."""
    code, national = number.country_code, str(number.national_number)
    zeros = "0" * (number.number_of_leading_zeros or 1) if number.italian_leading_zero else ""
    for count in (4, 4, 4, 3, 3, 2, 2, 1):
        ending = "".join(random_digits.choice("0123456789") for _ in range(count))
        candidate = phonenumbers.parse(f"+{code}{zeros}{national[:-count]}{ending}")
        if phonenumbers.is_valid_number(candidate):
            return candidate
    return number


def digits_of(number):
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]


def cases_of(region, random_digits):
    for kind, count in KINDS.items():
        example = phonenumbers.example_number_for_type(region, kind)
        for turn in range(count if example else 0):
            number = with_other_digits(example, random_digits)
            verdict = "mobile" if phonenumbers.number_type(number) in MOBILE else "other"
            digits = digits_of(number)
            yield "international", f"+{digits}" if turn else digits, digits, verdict
            if turn == 0:
                national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
                if "," not in national:
                    yield "national", national, digits, verdict
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    for digits in (digits_of(example)[:-3], digits_of(example) + "123") if example else ():
        number = phonenumbers.parse(f"+{digits}") if len(digits) > 5 else None
        if number and not phonenumbers.is_possible_number(number):
            yield "international", f"+{digits}", digits, "impossible"


def main():
    random_digits = random.Random(5)
    lines = ["region,form,text,expected,verdict"]
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for case in cases_of(region, random_digits):
            line = ",".join((region, *case))
            if line not in lines:
                lines.append(line)
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
