"""The head that says whether a question is somebody's own: what to take, to give, or an emergency.

A calibrated softmax over the vector that the second opinion reads as well, the words and letters of
the question and a few cues. Owns features, weights and thresholds; what stands above the answer is
``safety``'s. Trained by ``python -m retort.agent.opinion.train``.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights" / "patients.safetensors"
KINDS = ("", "dose", "child", "pregnancy", "animal", "emergency")
"""what a question may be; the first is nobody's own"""
BUCKETS = 8192
"""words, pairs of words and pieces of words share so many weights by hash"""

_CUES = (
    r"\b(?:i|i'm|im|i've|ive|i'd|me|myself)\b",
    r"\b(?:my|our|mine)\b",
    r"\b(?:we|us|we're)\b",
    r"\b(?:he|she|him|her|his)\b",
    r"\b(?:my|our) (?:[\w-]+ ){0,2}?(?:mum|mom|mother|dad|father|husband|hubby|wife|partner|nan"
    r"|gran\w*|sister|brother|aunt|uncle|friend|mate|flatmate|room-?mate|neighbou?r|boyfriend"
    r"|girlfriend|client)\b|^(?:mum|mom|dad|gran\w*|nan|hubby|husband|wife)\b",
    r"\b(?:son|daughter|kid|kiddo|lad|toddler|baby|newborn|little one|year[- ]old|month[- ]old|bub"
    r"|bairn|teenager|yo|twins?)\b",
    r"\b(?:pregnan\w*|preggo|expecting|weeks|trimester|breast-?feed\w*|nursing|unborn|conceive|ttc"
    r"|trying for a baby)\b",
    r"\b(?:dog|cat|pup\w*|kitten|rabbit|bunny|hamster|guinea pig|horse|pony|mare|ferret|parrot"
    r"|budgie|tortoise|labrador|lab|poodle|terrier|beagle|spaniel|vet|goat|hens?)\b",
    r"\b(?:took|taken|swallow\w*|drank|drunk|ate|eaten|chewed|licked|injected|inhaled|downed"
    r"|snorted|got into|got hold of|gave|given|had|emptied|overdosed)\b",
    r"\b(?:unconscious|not breathing|blue|floppy|seizure|fit|fitting|collapsed|swelling|swollen"
    r"|wheez\w*|breathe|breath|bleeding|vomiting|drowsy|sleepy|confused|shaking|faint\w*|blister\w*"
    r"|wake|unresponsive|responding|foam\w*|sweat\w*|dizzy)\b",
    r"\b(?:help|what now|what do i do|what should (?:i|we) do|999|911|112|ambulance|hospital"
    r"|emergency|a&e|er|urgent|worried|scared)\b",
    r"\b(?:too (?:much|many)|whole|entire|handful|bottle|pack|packet|strip|double|twice"
    r"|(?:three|ten|\d+) times|by (?:mistake|accident)|accidentally|all (?:of )?(?:my|his|her|the)"
    r"|wrong)\b",
    r"\b(?:bleach|antifreeze|cleaner|detergent|rat poison|battery|batteries|berries|mushrooms"
    r"|petrol|pesticide|weedkiller|acid|chocolate|lil(?:y|ies)|grapes|raisins|xylitol|slug pellets"
    r"|poison|pods?)\b",
    r"\b(?:can|could|may|should|shall|must|do|am) (?:i|we|he|she)\b"
    r"|\bis it (?:ok|okay|safe|fine)\b",
    r"\b(?:patients|adults|children|infants|women|dogs|cats|people|volunteers|neonates"
    r"|adolescents)\b",
    r"\b(?:mechanism\w*|pharmaco\w*|kinetics|half-?life|ic50|ld50|noael|toxicolog\w*|epidemiolog\w*"
    r"|incidence|rate|registry|stud(?:y|ies)|trials?|evidence|meta-analysis|review|cases?|reports?"
    r"|models?|assays?|cells?|mice|mouse|rats?|in vitro|plasma|clearance|bioavailab\w*|metaboli\w*"
    r"|receptors?|management|guidelines?|published|papers?|literature|data|outcomes)\b",
    r"\b(?:my|our|the) (?:compounds?|lead|molecules?|series|inhibitors?|hits?|assay|lab|group|mice"
    r"|rats|students?|supervisor|patients?|dataset|docking|model|library|ward|unit)\b",
    r"\b(?:as a|i am a|i'm a) (?:[\w-]+ )?(?:toxicologist|pharmacist|vet\w*|doctor|clinician|nurse"
    r"|paediatrician|researcher|chemist|student)\b",
)
_PATTERNS = tuple(re.compile(cue) for cue in _CUES)
_CUE_WEIGHT = np.float32(0.25)
"""a cue's length beside a vector of unit norm"""
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[?!]")


def features(texts: Sequence[str], vectors: Array) -> Array:
    """(n, d + BUCKETS + cues) float32 for plain texts and their vectors, (n, d)."""
    return np.hstack([vectors, np.stack([_written(text) for text in texts])], dtype=np.float32)


def _written(text: str) -> Array:
    """What the letters themselves show, numbers as one."""
    words = ["0" if word.isdigit() else word for word in _TOKEN.findall(text)]
    pairs = (f"{first} {second}" for first, second in zip(["^", *words], words, strict=False))
    padded = [f"<{word}>" for word in words if len(word) > 3]
    pieces = (word[i : i + n] for word in padded for n in (3, 4) for i in range(len(word) - n + 1))
    row = np.zeros(BUCKETS, np.float32)
    for piece in (*words, *pairs, *pieces):
        row[zlib.crc32(piece.encode()) % BUCKETS] = 1.0
    row /= max(float(np.linalg.norm(row)), 1.0)
    cues = np.array([bool(cue.search(text)) for cue in _PATTERNS], np.float32)
    return np.concatenate([row, _CUE_WEIGHT * cues])


@dataclass(frozen=True, slots=True, eq=False)
class PatientHead:
    """One calibrated softmax and the two probabilities that count."""

    weights: Array
    """(len(KINDS), d + BUCKETS + cues), divided by the temperature of the calibration"""
    bias: Array
    """(len(KINDS),)"""
    personal: float
    """from here on a question is somebody's own"""
    emergency: float
    """from here on it is an emergency: lower, because one missed costs the most"""

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Self:
        """Read a safetensors file."""
        from safetensors import safe_open

        with safe_open(path, "numpy") as file:
            told = file.metadata()
            weights = file.get_tensor("weights").astype(np.float32)
            return cls(
                weights, file.get_tensor("bias"), float(told["personal"]), float(told["emergency"])
            )

    def save(self, path: Path = WEIGHTS) -> None:
        """Write a safetensors file, weights in half precision."""
        from safetensors.numpy import save_file

        told = {"personal": repr(self.personal), "emergency": repr(self.emergency)}
        weights = np.ascontiguousarray(self.weights, np.float16)  # the file keeps bytes as they lie
        save_file({"weights": weights, "bias": self.bias}, path, told)

    def probabilities(self, x: Array) -> Array:
        """(n, len(KINDS)) for features."""
        return softmax(x @ self.weights.T + self.bias)

    def kinds(self, p: Array) -> list[str]:
        """Which of ``KINDS`` each row of probabilities says."""
        return [self._kind(row) for row in p]

    def _kind(self, p: Array) -> str:
        if p[-1] >= self.emergency:
            return KINDS[-1]
        return KINDS[1 + int(np.argmax(p[1:-1]))] if 1 - p[0] >= self.personal else ""


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p: Array = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return p
