"""How like a natural product a molecule is: the score of Ertl, Roggo and Schuffenhauer.

Owns the score and the reading of RDKit's table of fragment weights. That table is stored as a
pickle; it is read here as the bytes it is made of and never unpickled. Knows nothing else.
"""

from __future__ import annotations

import gzip
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import RDConfig
from rdkit.Chem import rdFingerprintGenerator

from retort.retrieval.errors import RetortError

LIMIT = 4.0
"""beyond it, on either side, the score grows with the logarithm only"""

_PAIR = re.compile(rb"(?:J(.{4})|[KM](.{1,2}?)|I(\d+)\n)G(.{8})", re.DOTALL)
"""a key, as four bytes, two or one, or as digits, and its weight as eight bytes"""
_BETWEEN = re.compile(rb"u?\(")
"""what stands between two groups of pairs"""
_HEAD, _TAIL = b"\x80\x02}q\x00(", b"u."


@cache
def _weights() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Fragment ids, (n,) int64 ascending, and their weights, (n,) float64; n is 266,104."""
    path = Path(RDConfig.RDContribDir) / "NP_Score" / "publicnp.model.gz"
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise _unreadable(f"{error}.") from error
    if not (data.startswith(_HEAD) and data.endswith(_TAIL)):
        raise _unreadable("It does not have the form that is known here.")
    place, end = len(_HEAD), len(data) - len(_TAIL)
    ids: list[int] = []
    weights: list[bytes] = []
    while place < end:
        if pair := _PAIR.match(data, place, end):
            signed, unsigned, digits, weight = pair.groups()
            key = int.from_bytes(signed or unsigned or b"", "little", signed=bool(signed))
            ids.append(int(digits) if digits else key)
            weights.append(weight)
            place = pair.end()
        elif between := _BETWEEN.match(data, place, end):
            place = between.end()
        else:
            raise _unreadable(f"Byte {place:,} is not of the form that is known here.")
    keys = np.array(ids, dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    return keys[order], np.frombuffer(b"".join(weights), dtype=">f8").astype(np.float64)[order]


def _unreadable(why: str) -> RetortError:
    return RetortError(
        "Cannot calculate the natural-product likeness.",
        f"RDKit's table of fragments cannot be read: {why}",
        "Install RDKit from its wheel, which brings the table.",
    )


def natural_product_likeness(molecule: Any) -> float:
    """Natural-product likeness, about -5 (synthetic) to 5 (natural product).

    The sum of the weights of a molecule's circular fragments, each counted once, divided by its
    number of atoms; a fragment's weight is the logarithm of how much more often natural products
    have it than synthetic molecules. Ertl, Roggo and Schuffenhauer, J Chem Inf Model 2008, 48, 68,
    with the openly available model (about 50,000 natural products, a million molecules of ZINC)
    that comes with RDKit.

    Args:
        molecule: an RDKit molecule with at least one atom.

    Raises:
        RetortError: RDKit was installed without its table of fragments.
    """
    known, weights = _weights()
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2)
    counts = generator.GetSparseCountFingerprint(molecule).GetNonzeroElements()
    wanted = np.array(list(counts), dtype=np.int64)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    # One after the other, as RDKit's script adds them: the sum is equal to the last bit.
    total = sum(weights[place][known[place] == wanted].tolist())
    score = float(total / molecule.GetNumAtoms())
    over = abs(score) - LIMIT
    return math.copysign(LIMIT + math.log10(over + 1), score) if over > 0 else score
