"""Plain words mistyped by one letter, put right before a question is read: "solubilty", "whcih".

Owns the words that questions are asked in (those of the training phrasings) and which other words
are plain English (the bundled encoder's own tokens), which are left alone. Names of molecules are
the gazetteer's; what is changed keeps its place in the text as it was typed.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from retort.agent.models.embedded import shapes
from retort.agent.models.embedded.diseases import HEADINGS
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.phrasings import read_fillings, read_phrasings
from retort.agent.models.embedded.target_names import TARGET_NAMES
from retort.agent.models.embedded.vocabulary import ASIDE, FUNCTION_WORDS, SUBSTRUCTURES

_WORD = re.compile(r"(?<![\w=#()\[\]@*./+-])[A-Za-z]{4,}(?![\w=#@*/+-])")
_ENDINGS = ("s", "es", "ed", "d", "ing", "ly")
_FIELD = """
    accession affinity alert alerts anaemia analogs analogues anemia bioavailability blocker
    boxed charge charged clearance cluster conformers cutoff descriptors disease distribution
    druglike druglikeness efficiency fragment inchikey inhibition inhibitor inhibitors inhibits
    isoform leadlikeness leukaemia leukemia ligand ligands lipinski lipophilicity literature
    logarithm mechanism metabolism micromolar microsomal molecular molecule mutagenic
    mutagenicity nanomolar penetration permeability pharmacology polarity potency predict
    predicted prediction properties protein protonated publications reactive receptor resistance
    rotatable scaffold selective selectivity similarity smiles solubility soluble structure
    substrate substructure surface synthesis tanimoto target targets threshold toxicity volume
    warning warnings weight withdrawal withdrawn
    """.split()


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its slips put right."""

    text: str
    places: tuple[int, ...]
    """where each character of ``text``, and its end, stood in the text as it was typed"""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of ``text`` stood in the text as it was typed."""
        return self.places[start], self.places[end]


def correct(text: str, gazetteer: Gazetteer) -> Reading:
    """``text`` with words that are one typing error away from one of the field put right.

    A word is left alone where it is plain English, a known name or near to one, has a drug's
    stem, or is not all letters.
    """
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for match in _WORD.finditer(text):
        right = _corrected(match.group(), gazetteer)
        if right is None:
            continue
        places += range(at, match.start())
        last = match.end() - 1
        places += [min(match.start() + i, last) for i in range(len(right))]
        parts += [text[at : match.start()], right]
        at = match.end()
    places += range(at, len(text) + 1)
    return Reading("".join([*parts, text[at:]]), tuple(places))


def _corrected(word: str, gazetteer: Gazetteer) -> str | None:
    low = word.lower()
    words = _asked_in()
    if word.isupper() or low in words or is_plain(low) or shapes.has_stem(low):
        return None
    near = [other for other in _edits(low) if other in words]
    if not near or gazetteer.preferred(low) or gazetteer.nearest(low):
        return None
    best = max(near, key=lambda other: (sorted(other) == sorted(low), words[other], other))
    return best.capitalize() if word[0].isupper() else best


def is_plain(word: str) -> bool:
    """Whether a lower-case word is plain English, as it stands or without its ending."""
    words = _plain()
    return word in words or any(
        word.endswith(ending) and word.removesuffix(ending) in words for ending in _ENDINGS
    )


def is_known(word: str) -> bool:
    """Whether a lower-case word is plain English or one that questions are asked in."""
    return word in _asked_in() or is_plain(word)


def _edits(word: str) -> set[str]:
    """All strings that are one letter dropped, added, changed or swapped away."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    letters = string.ascii_lowercase
    return {
        *(a + b[1:] for a, b in cuts if b),
        *(a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1),
        *(a + letter + b[1:] for a, b in cuts if b for letter in letters),
        *(a + letter + b for a, b in cuts for letter in letters),
    }


@cache
def _asked_in() -> Mapping[str, int]:
    """Words that questions are asked in, of four letters and more, with how often they occur."""
    texts = [phrasing.pattern for phrasing in read_phrasings()]
    for slot in ("property", "rule", "disease", "topic", "claim", "concept", "group"):
        texts += read_fillings()[slot]
    texts += [*SUBSTRUCTURES, *HEADINGS, *TARGET_NAMES]
    words = re.findall(r"(?<![{\w-])[a-z]{4,}(?![\w}-])", " ".join(texts).lower())
    return Counter([*words, *_FIELD, *(w for w in ASIDE | FUNCTION_WORDS if len(w) >= 4)])


@cache
def _plain() -> frozenset[str]:
    """The whole words among the bundled encoder's tokens, some twenty thousand."""
    from retort.retrieval import minilm

    vocabulary = minilm.tokenizer(minilm.folder()).get_vocab()
    return frozenset(token for token in vocabulary if token.isalpha() and len(token) > 2)
