"""The second opinion: the probability that a question asks to make, get or strengthen a hazard.

A calibrated logistic regression over the bundled encoder's vector of the question, in which
hazards are called by their class, and a few cues. The same vector is read by the head of
``patient``: a question is encoded once. Owns features, weights and thresholds; what follows from an
opinion is ``safety``'s. Trained by ``python -m retort.agent.opinion.train``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from retort.agent.hazards import ACTION, HAZARDS, MENTIONED, NAMED
from retort.agent.opinion import patient

Array = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights" / "opinion.safetensors"
PHRASINGS = WEIGHTS.with_name("phrasings.tsv")

_CUES: tuple[str, ...] = (
    ACTION.pattern,
    r"\b(?:buy|order|score|sell\w*|dealers?|plug|shop|vendor|supplier|get hold|smuggl\w*)\b",
    r"\b(?:patients?|treat\w*|therap\w*|clinical|trials?|overdoses?|symptoms?|antidotes?|dose|dosing"
    r"|children|pregnan\w*|palliative|hospitals?|side effects|tapered?|titrat\w*)\b",
    r"\b(?:mechanism|receptors?|affinit\w*|metaboli\w*|half-life|potency|inhibit\w*|bind\w*|ic50|ki"
    r"|bioavailability|pharmaco\w*|sar|analgesi\w*|selectiv\w*|agonists?|antagonists?|cyp\w*)\b",
    r"\b(?:detect\w*|measured?|lc-ms|gc-ms|urine|blood|plasma|hair|forensic|post-mortem|toxicolog\w*"
    r"|exposure|exposed|soil|water|degrad\w*|ld50|toxicity|biomarkers?|sensors?)\b",
    r"\b(?:history|discovered|scheduled?|law|convention|licen[cs]e|regulat\w*|banned|control)\b",
    r"\b(?:i|me|my|we)\b",
    r"\b(?:novel|story|screenplay|pretend|role-?play|game|imagine|hypothetical\w*|ignore|dan)\b",
    r"\b(?:vaccines?|hapten|antibod\w*|assays?|elisa|reactivators?|oximes?|scavengers?|tracers?)\b",
    r"\b(?:cells?|bacteria\w*|tumou?rs?|parasites?|mice|rats?|virus\w*|insects?|in vitro"
    r"|animals?)\b",
    r"\b(?:m\d{1,3}|mi|my (?:lead|list|compounds?|series|inhibitor|assay|library|hit|model)|buffer"
    r"|medium|stock solution|control|standards?|safely|data|smiles|chembl|table|summary|papers?)\b",
    r"\b(?:without|undetect\w*|unnoticed|secretly|home|kitchen|garage|street|scratch|legal)\b",
)
_PATTERNS = tuple(re.compile(cue) for cue in _CUES)
FEATURES = len(HAZARDS) * 2 + len(_CUES)
_CUE_WEIGHT = np.float32(0.25)
"""a cue's length beside a vector of unit norm"""


class SentenceEncoder(Protocol):
    """What is needed of an encoder: texts -> (n, d) float32, unit norm."""

    @property
    def digest(self) -> str:
        """Tells encoders apart."""
        ...

    def encode(self, texts: Sequence[str]) -> Array:
        """Encode ``texts``."""
        ...


def masked(text: str) -> str:
    """Plain text (``plain.readings``) with the hazards in it called by their class."""
    return MENTIONED.sub(lambda match: HAZARDS[str(match.lastgroup)].called, text)


def vectors(texts: Sequence[str], encoder: SentenceEncoder) -> Array:
    """(n, d) float32 of plain texts; both heads read them."""
    return np.asarray(encoder.encode([masked(text) for text in texts]), np.float32)


def features(texts: Sequence[str], encoded: Array) -> Array:
    """(n, d + FEATURES) float32 for plain texts and their ``vectors``."""
    return np.hstack([encoded, _CUE_WEIGHT * np.stack([_cues(text) for text in texts])])


def _cues(text: str) -> Array:
    mentioned = {match.lastgroup for match in MENTIONED.finditer(text)}
    spoken_of = {match.lastgroup for match in NAMED.finditer(text)}
    found = [mark in seen for seen in (mentioned, spoken_of) for mark in HAZARDS]
    return np.array([*found, *(bool(cue.search(text)) for cue in _PATTERNS)], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """One calibrated logistic regression and the two probabilities that count."""

    weights: Array
    """(d + FEATURES,), divided by the temperature of the calibration"""
    bias: float
    named: float
    """from here on a question that speaks of a hazard is suspected"""
    unnamed: float
    """from here on one that names none is"""
    clear: float
    """below, a question is plainly ordinary"""
    encoder: str
    """digest of the encoder whose vectors it reads"""

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Self:
        """Read a safetensors file."""
        from safetensors import safe_open

        with safe_open(path, "numpy") as file:
            told = file.metadata()
            numbers = {name: float(told[name]) for name in ("bias", "named", "unnamed", "clear")}
            return cls(file.get_tensor("weights"), **numbers, encoder=told["encoder"])

    def save(self, path: Path = WEIGHTS) -> None:
        """Write a safetensors file."""
        from safetensors.numpy import save_file

        told = {name: repr(getattr(self, name)) for name in ("bias", "named", "unnamed", "clear")}
        save_file({"weights": self.weights}, path, told | {"encoder": self.encoder})

    def probabilities(self, x: Array) -> Array:
        """(n,) for (n, d + FEATURES) features."""
        logits = np.clip(x @ self.weights + self.bias, -30, 30)
        p: Array = (1 / (1 + np.exp(-logits))).astype(np.float32)
        return p


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The weights of both heads and the encoder whose vectors they read."""

    hazard: Weights
    patient: patient.PatientHead
    encoder: SentenceEncoder


class Opinion:
    """Gives opinions; loads its weights and the encoder with the first one.

    Args:
        encoder: gives the bundled encoder. With any other there is no opinion: every question has
            the probability 0.5, which counts for nothing, and is nobody's own.
    """

    def __init__(self, encoder: Callable[[], SentenceEncoder]) -> None:
        self._load = encoder
        self._loaded: _Loaded | None = None
        self._last: tuple[str, Array] | None = None
        self._lock = threading.Lock()

    @property
    def weights(self) -> Weights:
        """What was learned of hazards."""
        return self._all().hazard

    def probability(self, text: str) -> float:
        """How probably a plain text asks for something hazardous."""
        encoded = self._vector(text)
        if encoded is None:
            return 0.5
        return float(self.weights.probabilities(features([text], encoded))[0])

    def suspects(self, text: str) -> bool:
        """Whether a plain text is suspected."""
        p = self.probability(text)
        return p >= (self.weights.named if NAMED.search(text) else self.weights.unnamed)

    def clears(self, text: str) -> bool:
        """Whether a plain text is plainly ordinary."""
        return self.probability(text) < self.weights.clear

    def asks_for_a_patient(self, text: str) -> str:
        """Which of ``patient.KINDS`` a plain text is."""
        encoded = self._vector(text)
        if encoded is None:
            return ""
        head = self._all().patient
        return head.kinds(head.probabilities(patient.features([text], encoded)))[0]

    def _all(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(Weights.load(), patient.PatientHead.load(), self._load())
            return self._loaded

    def _vector(self, text: str) -> Array | None:
        """(1, d): encoded once for all that is asked of one text; None by an unknown encoder."""
        loaded = self._all()
        if loaded.hazard.encoder != loaded.encoder.digest:
            return None
        last = self._last
        if last is None or last[0] != text:
            last = self._last = text, vectors([text], loaded.encoder)
        return last[1]
