"""Writes plans.csv and ranges.csv of src/numbering/tables/ from the metadata of Google's libphonenumber.

plans.csv    region,calling_code,trunks,access_codes,local,mobile_marker,mobile_lengths,home_lengths
ranges.csv   calling_code,digits,region,kind,ranges

libphonenumber describes each kind of line by a regular expression over national numbers. All of them are finite,
so they are written as ranges of first digits here: `70 72-73` with digits 9 is every national number of nine digits
from 700000000 to 709999999 and from 720000000 to 739999999. The tests of kinds are made in libphonenumber's order, and
where regions share a calling code, a number belongs to the first region that has it, as in libphonenumber.

Voicemail boxes are left out. `mobile` includes the ranges that fixed and mobile lines share.
"""

import collections
import itertools
import re
import re._constants as ops
import re._parser as regular_expressions

ANY_DIGIT = 0b11_1111_1111
LONGEST_MSISDN = 15
# In the order in which libphonenumber tests them; a number of `voicemail` is none of those after it.
SPECIAL_KINDS = ["premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail"]
WORDS = {"uan": "company_number", "voicemail": None}

# What Mexico dialled until 2019 and lists still have; libphonenumber has dropped it.
FORMER_TRUNKS = {"MX": ["01", "044", "045", "1"]}
# Argentina writes 15 after the area code where the international number has 9 before it; libphonenumber says so by
# a rule of 500 characters with every area code. The ranges know the area codes too.
MOBILE_MARKERS = {"AR": "15>9"}
# Numbers that libphonenumber does not have, because they are reserved for fiction. Test lists are full of them.
FICTION = [("GB", 44, 10, "7700900"), ("FR", 33, 9, "63998")]
# 555-0100 to 555-0199 is for fiction in every area code of North America; these are missing.
AREA_CODES = {
    "AG": 268, "AI": 264, "AS": 684, "BB": 246, "BM": 441, "BS": 242, "DM": 767, "GD": 473, "KN": 869, "KY": 345,
    "LC": 758, "MS": 664, "SX": 721, "TC": 649, "TT": 868, "VG": 284,
}  # fmt: skip
FICTION += [(iso, 1, 10, f"{area}55501") for iso, area in AREA_CODES.items()]


class Automaton:
    """Which digits a regular expression matches: states, and for each the states after a digit."""

    def __init__(self, pattern, and_anything_after=False):
        self.free, self.steps = [], []
        self.first = self.state()
        self.last = self.sequence(regular_expressions.parse(pattern), self.first)
        if and_anything_after:
            self.steps[self.last].append((ANY_DIGIT, self.last))

    def state(self):
        self.free.append([])
        self.steps.append([])
        return len(self.free) - 1

    def sequence(self, items, state):
        for op, argument in items:
            state = self.item(op, argument, state)
        return state

    def item(self, op, argument, state):
        if op is ops.SUBPATTERN:
            return self.sequence(argument[3], state)
        after = self.state()
        if op is ops.LITERAL:
            self.steps[state].append((1 << argument - ord("0"), after))
        elif op is ops.IN:
            self.steps[state].append((digit_set(argument), after))
        elif op is ops.BRANCH:
            for alternative in argument[1]:
                begin = self.state()
                self.free[state].append(begin)
                self.free[self.sequence(alternative, begin)].append(after)
        elif op is ops.MAX_REPEAT:
            least, most, repeated = argument
            for turn in range(most):
                if turn >= least:
                    self.free[state].append(after)
                state = self.sequence(repeated, state)
            self.free[state].append(after)
        else:
            raise ValueError(f"{op} in a pattern of the metadata")
        return after

    def closed(self, states):
        found, stack = set(states), list(states)
        while stack:
            new = set(self.free[stack.pop()]) - found
            found |= new
            stack += new
        return frozenset(found)

    def start(self):
        return self.closed([self.first])

    def after(self, states, digit):
        return self.closed([end for state in states for digits, end in self.steps[state] if digits >> digit & 1])


def digit_set(members):
    digits = 0
    for op, argument in members:
        if op is ops.CATEGORY:
            return ANY_DIGIT
        low, high = argument if op is ops.RANGE else (argument, argument)
        digits |= sum(1 << code - ord("0") for code in range(low, high + 1))
    return digits


class Region:
    """The kinds of numbers of one region, tried on all numbers at once."""

    def __init__(self, iso, metadata):
        self.iso = iso
        names = ["general_desc", *SPECIAL_KINDS, "fixed_line", "mobile"]
        general = metadata.general_desc
        self.automata, self.lengths = {}, {}
        for name in names:
            described = getattr(metadata, name)
            if described and described.national_number_pattern:
                self.automata[name] = Automaton(described.national_number_pattern)
                self.lengths[name] = {n for n in described.possible_length or general.possible_length if n > 0}
        if metadata.leading_digits:
            self.automata["leading_digits"] = Automaton(metadata.leading_digits, and_anything_after=True)
        self.states, self.numbers, self.following = [], {}, {}
        self.start = self.number(tuple(automaton.start() for automaton in self.automata.values()))

    def number(self, state):
        if state not in self.numbers:
            self.numbers[state] = len(self.states)
            self.states.append(state)
        return self.numbers[state]

    def after(self, number, digit):
        if (number, digit) not in self.following:
            pairs = zip(self.automata.values(), self.states[number])
            self.following[number, digit] = self.number(tuple(a.after(states, digit) for a, states in pairs))
        return self.following[number, digit]

    def is_dead(self, number):
        return not any(self.states[number])

    def matching(self, number, length):
        pairs = zip(self.automata.items(), self.states[number])
        return {
            name for (name, automaton), states in pairs
            if automaton.last in states and length in self.lengths.get(name, (length,))
        }

    def kind(self, number, length):
        """The region and the kind of a number in this state; ("", "") ends the search without one."""
        matching = self.matching(number, length)
        if "leading_digits" in self.automata and "leading_digits" not in matching:
            return None
        kinds = [kind for kind in [*SPECIAL_KINDS, "mobile", "fixed_line"] if kind in matching]
        if "general_desc" in matching and kinds:
            return self.iso, WORDS.get(kinds[0], kinds[0])
        return ("", "") if "leading_digits" in self.automata else None


def labelled_prefixes(regions, length):
    """(prefix, region, kind) for all national numbers of a length, in order."""
    known = {}

    def labels(states, rest):
        key = states, rest
        if key not in known:
            known[key] = compute(states, rest)
        return known[key]

    def compute(states, rest):
        pairs = list(zip(regions, states))
        if all(region.is_dead(state) for region, state in pairs):
            return None
        if rest == 0:
            return next(filter(None, (region.kind(state, length) for region, state in pairs)), None)
        parts = [labels(tuple(region.after(state, digit) for region, state in pairs), rest - 1) for digit in range(10)]
        return parts[0] if all(part == parts[0] for part in parts) and not isinstance(parts[0], list) else parts

    def flat(part, prefix):
        if isinstance(part, list):
            for digit, inner in enumerate(part):
                yield from flat(inner, f"{prefix}{digit}")
        elif part and part[1]:
            yield prefix, *part

    return flat(labels(tuple(region.start for region in regions), length), "")


def ranges_of(prefixes, length):
    """`70 72-73` for the prefixes 70, 72 and 73."""
    runs = []
    for prefix in sorted(prefixes, key=lambda prefix: prefix.ljust(length, "0")):
        low, high = prefix.ljust(length, "0"), prefix.ljust(length, "9")
        if runs and int(runs[-1][1]) + 1 == int(low):
            runs[-1][1] = high
        else:
            runs.append([low, high])
    return " ".join(range_text(low, high) for low, high in runs)


def range_text(low, high):
    digits = max(len(low.rstrip("0")), len(high.rstrip("9")), 1)
    return low[:digits] if low[:digits] == high[:digits] else f"{low[:digits]}-{high[:digits]}"


def write_ranges(path, metadata_of, codes):
    lines = ["calling_code,digits,region,kind,ranges"]
    for code, isos in codes:
        regions = [Region(iso, metadata_of(code, iso)) for iso in isos]
        lengths = sorted(set().union(*(region.lengths["general_desc"] for region in regions)))
        for length in lengths:
            if len(str(code)) + length > LONGEST_MSISDN:
                continue
            prefixes = collections.defaultdict(list)
            for prefix, iso, kind in labelled_prefixes(regions, length):
                prefixes[iso, kind].append(prefix)
            for fiction_iso, _, _, prefix in (row for row in FICTION if row[1:3] == (code, length)):
                prefixes[fiction_iso, "mobile"].append(prefix)
            for (iso, kind), found in sorted(prefixes.items()):
                lines.append(f"{code},{length},{iso},{kind},{ranges_of(found, length)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def alternatives(items):
    """The patterns of fixed length that a regular expression stands for: digits, `[25]` and `.` for any digit."""
    results = [""]
    for op, argument in items:
        results = [before + part for before in results for part in item_alternatives(op, argument)]
    return results


def item_alternatives(op, argument):
    if op is ops.LITERAL:
        return [chr(argument)]
    if op is ops.IN:
        digits = "".join(str(digit) for digit in range(10) if digit_set(argument) >> digit & 1)
        return ["." if len(digits) == 10 else f"[{digits}]"]
    if op is ops.SUBPATTERN:
        return alternatives(argument[3])
    if op is ops.BRANCH:
        return [pattern for branch in argument[1] for pattern in alternatives(branch)]
    if op is ops.MAX_REPEAT:
        least, most, repeated = argument
        part = alternatives(repeated)
        turns = [itertools.product(part, repeat=turn) for turn in range(least, most + 1)]
        return ["".join(parts) for turn in turns for parts in turn]
    raise ValueError(f"{op} in a prefix of the metadata")


def pattern_length(pattern):
    return len(re.sub(r"\[\d+\]", ".", pattern.split("/")[0]))


def longest_first(patterns):
    return " ".join(sorted(set(patterns), key=lambda pattern: (-pattern_length(pattern), pattern)))


def trunks_and_local(iso, metadata):
    """What is taken away before a national number (`0`; `015/..........` where ten digits must follow), and what local
    numbers are completed with (`[457]......>268`)."""
    if iso in MOBILE_MARKERS:
        return metadata.national_prefix, ""
    trunks, local = set(FORMER_TRUNKS.get(iso, [])), []
    rule = metadata.national_prefix_transform_rule or ""
    for branch in top_level_branches(metadata.national_prefix_for_parsing or metadata.national_prefix or ""):
        is_whole_number = branch.endswith("$")
        branch = branch.removesuffix("$")
        if not is_whole_number:
            # The rules of Brazil and Gabon keep a part, and take away what is before it.
            kept = re.search(r"\((11\\d\{6\}.*|\\d\{10,11\})\)(\)\?)?$", branch) if rule else None
            taken = branch[:kept.start()] + (kept[2] or "") if kept else branch
            rest = pattern_texts(kept[1]) if kept else []
            for trunk in filter(None, pattern_texts(taken)):
                needs_rest = rest and (trunk not in ("0", "90") or iso == "GA")
                trunks.update(f"{trunk}/{digits}" for digits in rest) if needs_rest else trunks.add(trunk)
        elif rule != r"\1":
            local += [f"{pattern}>{rule.removesuffix(chr(92) + '1')}" for pattern in pattern_texts(branch)]
    return longest_first(trunks), " ".join(local)


def top_level_branches(pattern):
    branches, depth = [""], 0
    for char in pattern:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "|" and depth == 0:
            branches.append("")
        else:
            branches[-1] += char
    return [branch for branch in branches if branch]


def pattern_texts(pattern):
    return alternatives(regular_expressions.parse(pattern))


def access_codes_of(metadata):
    """What is dialled before a foreign number, other than the usual 00, longest first."""
    codes = pattern_texts(metadata.international_prefix or "")
    preferred = (metadata.preferred_international_prefix or "").replace("~", "")
    return longest_first(code for code in {*codes, preferred} if code not in ("", "00"))


def lengths_of(*described):
    lengths = {length for kind in described if kind for length in kind.possible_length if length > 0}
    return sorted(length for length in lengths if length <= LONGEST_MSISDN)


def home_lengths_of(iso, metadata):
    """The lengths of the numbers that people write in that region: of mobile and fixed lines, also without area code."""
    kinds = [kind for kind in (metadata.mobile, metadata.fixed_line) if kind]
    local_only = {length for kind in kinds for length in kind.possible_length_local_only}
    marked = {max(lengths_of(*kinds)) + 1} if iso in MOBILE_MARKERS else set()
    return sorted({*lengths_of(*kinds), *local_only, *marked})


def write_plans(path, metadata_of, codes):
    lines = ["region,calling_code,trunks,access_codes,local,mobile_marker,mobile_lengths,home_lengths"]
    for code, isos in codes:
        for iso in isos:
            metadata = metadata_of(code, iso)
            trunks, local = trunks_and_local(iso, metadata)
            mobile = " ".join(map(str, lengths_of(metadata.mobile)))
            home = " ".join(map(str, home_lengths_of(iso, metadata)))
            cells = (iso, code, trunks, access_codes_of(metadata), local, MOBILE_MARKERS.get(iso, ""), mobile, home)
            lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write(tables):
    import phonenumbers

    def metadata_of(code, iso):
        if iso == "001":
            return phonenumbers.PhoneMetadata.metadata_for_nongeo_region(code, None)
        return phonenumbers.PhoneMetadata.metadata_for_region(iso, None)

    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items())
    write_plans(tables / "plans.csv", metadata_of, codes)
    write_ranges(tables / "ranges.csv", metadata_of, codes)
