"""How names of molecules are spelt: what is one spelling of another, and what is a near miss.

Owns the folded form in which two names are the same name, and the ranking of near names. Knows no
list of names and no database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
        "sigma tau upsilon phi chi psi omega".split(),
        strict=True,
    )
)
_LOOK_ALIKES = dict(zip("аеорсухкмтвнѕіјԁ", "aeopcyxkmtbhsijd", strict=True))
"""Cyrillic letters that are printed like Latin ones"""
_SIGNS = str.maketrans(
    _GREEK
    | _LOOK_ALIKES
    | {"ς": "sigma", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "′": "'", "’": "'"}
)
_HANDS = (("(+)", "plus"), ("(-)", "minus"), ("(±)", "plusminus"), ("(+/-)", "plusminus"))
_RULES = (
    ("ae", "e"),
    ("oe", "e"),
    ("ph", "f"),
    ("th", "t"),
    ("y", "i"),
    ("aluminum", "aluminium"),
)
"""WHO's rules for international nonproprietary names: "f" for "ph", "t" for "th", "e" for "ae" and
"oe", "i" for "y" (https://www.who.int/teams/health-product-and-policy-standards/inn/guidance-on-inn,
principle 7). With them sulph- is sulf-, oestradiol estradiol, mesylate mesilate."""
_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}

_SOUNDS = str.maketrans({"c": "k", "q": "k", "z": "s", "w": "v", "h": None})


def fold(name: str) -> str:
    """The form in which spellings of one name are equal: "Sulphamethoxazole", "STI 571".

    Case, spaces, hyphens and other punctuation, Greek letters, accents, look-alike letters of
    other scripts, and British, American and international spelling are made one. Signs of
    rotation and primes of locants are kept, as they tell molecules apart.
    """
    text = name.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold().replace("±", "(±)").translate(_SIGNS)
        text = text.replace("\u2010", "-").replace("\u2011", "-").replace("\u2212", "-")
        text = text.replace("((±))", "(±)").replace("(±)", "plusminus")
        plain = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in plain if sign.isascii() or sign.isalnum())
    if "(" in text:
        for sign, word in _HANDS:
            text = text.replace(sign, word)
    if "'" in text:
        text = re.sub(r"(?<=\d)'", "prime", text)
    for written, kept in _RULES:
        text = text.replace(written, kept)
    return text.translate(_DROPPED)


def folded(names: Iterable[str]) -> dict[str, str]:
    """Folded form -> name as written, the first of several; what ``rank`` looks through."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(fold(name), name)
    found.pop("", None)
    return found


_METALS = "sodium disodium potassium dipotassium lithium calcium magnesium zinc aluminium"
_ACIDS = (
    "hydrochloride dihydrochloride monohydrochloride trihydrochloride hcl dihcl hydrobromide hbr "
    "dihydrobromide hydroiodide chloride bromide iodide mesylate dimesylate methanesulfonate "
    "besylate tosylate ditosylate esylate isethionate camsylate napsylate edisylate sulfate "
    "hemisulfate bisulfate phosphate diphosphate nitrate maleate hydrogenmaleate fumarate "
    "hemifumarate tartrate bitartrate hemitartrate citrate succinate malate lactate oxalate "
    "acetate pamoate embonate xinafoate gluconate glucuronate benzoate salicylate stearate "
    "palmitate propionate valerate hyclate meglumine tromethamine trometamol lysine arginine "
    "lysinate"
)
_SOLVATES = "anhydrous hydrate monohydrate hemihydrate sesquihydrate dihydrate trihydrate"
_METAL_WORDS = frozenset(map(fold, _METALS.split()))
_SALT_WORDS = _METAL_WORDS | frozenset(map(fold, f"{_ACIDS} {_SOLVATES}".split()))


def salt_apart(text: str) -> tuple[str, str]:
    """A name without the words of its salt, and these words.

    Both orders are read: "valproate sodium", "sodium valproate" -> ``("valproate", "sodium")``.

    Returns:
        ``(name, words)``; ``words`` is empty where there are none or nothing else would be left.
    """
    words = text.split()
    first, last = 0, len(words)
    while last > 1 and fold(words[last - 1]) in _SALT_WORDS:
        last -= 1
    while first < last - 1 and fold(words[first]) in _METAL_WORDS:
        first += 1
    base, salt = words[first:last], words[:first] + words[last:]
    return " ".join(base), " ".join(salt)


def edits_allowed(length: int) -> int:
    """How many edits a name of this length may be away and still be offered.

    One typing error can cost two where it makes one of the rules of ``fold`` fit ("Waer", Water).
    """
    return 1 if length <= 3 else 2 if length <= 8 else 3


def rank(text: str, names: Mapping[str, str], limit: int = 5) -> list[str]:
    """Names written nearly like a text, nearest first; none if all are far off.

    Nearest is the fewest edits (a letter put in, left out, changed, or two swapped: Damerau's
    distance in its restricted form), up to ``edits_allowed``. Ties go to the name that begins
    alike, then to the one that sounds alike, then to the shorter. Names that begin with the
    whole text come after those. A salt's words are put apart, so that "imatinub mesylate" finds
    imatinib where its salt is not known.

    Args:
        text: as a user typed it.
        names: as ``folded`` gives them.
        limit: how many at most.
    """
    base, salt = salt_apart(text)
    typed = sum(sign.isalnum() for sign in base)
    queries = {fold(text): 0.0}
    if salt:
        queries.setdefault(fold(f"{base} {salt}"), 0.0)
        queries.setdefault(fold(base), 0.5)
    best: dict[str, tuple[float, ...]] = {}
    for query, handicap in queries.items():
        for key, place in _near(query, names, edits_allowed(max(typed, len(query)))):
            place = (place[0] + handicap, *place[1:])
            best[key] = min(best.get(key, place), place)
    ordered = sorted(best, key=lambda key: (best[key], key))
    if len(ordered) < limit:
        ordered += sorted(_begun(fold(text), names, set(ordered)), key=len)
    return [names[key] for key in ordered[:limit]]


def _near(
    query: str, names: Mapping[str, str], allowed: int
) -> Iterable[tuple[str, tuple[float, ...]]]:
    """Folded names near one folded text, each with its place: fewest edits first."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if len(query) < 2:
        return
    low, high = len(query) - allowed, len(query) + allowed
    keys = [key for key in names if low <= len(key) <= high]
    found = process.extract(query, keys, scorer=OSA.distance, score_cutoff=allowed, limit=None)
    sound = _sound(query)
    for key, edits, _ in found:
        yield key, (edits, key[0] != query[0], sound != _sound(key), -_alike(query, key), len(key))


def _begun(query: str, names: Mapping[str, str], known: set[str]) -> list[str]:
    """Folded names that begin with a folded text of four letters or more."""
    if len(query) < 4:
        return []
    return [key for key in names if key.startswith(query) and key not in known]


def _alike(one: str, other: str) -> int:
    """How many letters two texts have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _sound(key: str) -> str:
    """A rough sound of a folded name: no vowels but the first letter, no doubled consonants."""
    plain = key.translate(_SOUNDS)
    return re.sub(r"(.)\1+", r"\1", plain[:1] + re.sub(r"[aeiou]", "", plain[1:]))
