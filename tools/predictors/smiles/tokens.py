"""SMILES into tokens and back: one token per atom, bond, branch or ring number.

Owns the pattern of a token and the fixed vocabulary (``vocabulary.txt``); knows no network. What
the vocabulary lacks (a rare isotope, a rare charge) is the one unknown token, so every string has
tokens.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

SPECIAL = ("<pad>", "<cls>", "<mask>", "<unknown>")
PAD, CLS, MASK, UNKNOWN = range(len(SPECIAL))

MAX_TOKENS = 128
"""Longest sequence that the network reads, ``<cls>`` included; what is behind is cut off."""

LENGTH_STEP = 8
"""Lengths are filled up to a multiple of it: few shapes, whose compiled kernels are kept."""

# After Schwaller et al., ACS Cent. Sci. 2019, 5, 1572; the last branch takes any other sign, so
# that the tokens of a string always spell it.
_TOKEN = re.compile(r"\[[^\]]+\]|Br?|Cl?|%\(\d+\)|%\d\d|.", re.DOTALL)


def split(smiles: str) -> list[str]:
    """The tokens of a string: ``"".join(split(s)) == s``, always.

    >>> split("C[C@H](Br)Cl")
    ['C', '[C@H]', '(', 'Br', ')', 'Cl']
    """
    return _TOKEN.findall(smiles)


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that have a number of their own."""

    tokens: tuple[str, ...]
    """the special ones first"""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each token."""
        return {token: number for number, token in enumerate(self.tokens)}

    def encode(self, smiles: str, limit: int = MAX_TOKENS) -> list[int]:
        """``<cls>`` and the tokens as numbers, at most ``limit`` of them."""
        numbers = self.numbers
        return [CLS, *(numbers.get(token, UNKNOWN) for token in split(smiles)[: limit - 1])]

    def decode(self, numbers: Iterable[int]) -> str:
        """The string that the numbers spell, without padding and ``<cls>``."""
        return "".join(self.tokens[number] for number in numbers if number not in (PAD, CLS))

    @classmethod
    def learnt(cls, smiles: Iterable[str], at_least: int) -> Vocabulary:
        """A vocabulary of the tokens that occur ``at_least`` times, the most frequent first."""
        counts = Counter(token for text in smiles for token in split(text))
        common = [token for token, count in counts.items() if count >= at_least]
        return cls((*SPECIAL, *sorted(common, key=lambda token: (-counts[token], token))))


@cache
def shipped() -> Vocabulary:
    """The vocabulary that comes with the package."""
    text = files(__package__).joinpath("vocabulary.txt").read_text(encoding="ascii")
    return Vocabulary(tuple(text.splitlines()))


def padded_length(length: int) -> int:
    """The length up to which a sequence is filled: the next multiple of ``LENGTH_STEP``."""
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def padded(sequences: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Sequences as one array (b, l) int64, filled up with ``PAD`` to the longest's length."""
    length = padded_length(max(map(len, sequences)))
    filled = np.full((len(sequences), length), PAD, dtype=np.int64)
    for row, sequence in zip(filled, sequences, strict=True):
        row[: len(sequence)] = sequence
    return filled
