"""The learned head for patients' questions: what it reads, what it says, how it is trained."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from retort.agent import safety
from retort.agent.opinion import patient, train, train_patients
from retort.agent.opinion.judge import Opinion, Weights
from retort.agent.opinion.patient import KINDS, PatientHead
from retort.agent.opinion.phrasings import fill, phrasings
from retort.retrieval.encode import BundledEncoder


@pytest.fixture(scope="module")
def opinion() -> Opinion:
    encoder = BundledEncoder()
    return Opinion(lambda: encoder)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("my flatmate took a load of pills and isn't responding", "emergency"),
        ("husband drank antifreeze, help", "emergency"),
        ("I can't breathe after taking amoxicillin", "emergency"),
        ("My puppy just ate rat poison", "emergency"),
        ("been on prozac for years, is it fine to just stop?", "dose"),
        ("How many drops of ibuprofen does my six month old need?", "child"),
        ("im 12 weeks pregnant is cetirizine ok", "pregnancy"),
        ("our beagle is limping, would half an aspirin help", "animal"),
        ("Maximum daily dose of paracetamol in adults", ""),
        ("Paediatric pharmacokinetics of midazolam", ""),
        ("Use of lamotrigine in pregnancy: malformation rate", ""),
        ("Toxic dose of ibuprofen in dogs, mg/kg", ""),
        ("Management of flecainide overdose", ""),
        ("Can I use my own pKa values?", ""),
    ],
)
def test_what_the_head_says(opinion: Opinion, question: str, told: str) -> None:
    assert opinion.asks_for_a_patient(safety.in_full(question)) == told


def test_a_question_is_encoded_once() -> None:
    encoder = BundledEncoder()
    seen: list[str] = []

    class Counting:
        digest = encoder.digest

        def encode(self, texts: list[str]) -> object:
            seen.extend(texts)
            return encoder.encode(texts)

    opinion = Opinion(Counting)  # type: ignore[arg-type]
    question = "Is ricin measured in the plasma of patients?"
    safety.advised(question, (), opinion)
    safety.review(question, (), opinion)
    assert len(seen) == 1


def test_an_emergency_counts_from_its_own_lower_threshold() -> None:
    nothing = np.zeros((len(KINDS), 1), np.float32)
    head = PatientHead(nothing, nothing[:, 0], personal=0.6, emergency=0.2)
    rows = [[0.75, 0, 0, 0, 0, 0.25], [0.5, 0.3, 0.2, 0, 0, 0], [0.3, 0.1, 0.4, 0.1, 0, 0.1]]
    assert head.kinds(np.array(rows, np.float32)) == ["emergency", "", "child"]


def test_a_head_is_read_as_it_was_written(tmp_path: Path) -> None:
    weights = np.asfortranarray(np.arange(12, dtype=np.float32).reshape(6, 2))
    PatientHead(weights, weights[:, 0].copy(), 0.5, 0.25).save(tmp_path / "head")
    read = PatientHead.load(tmp_path / "head")
    assert np.array_equal(read.weights, weights) and np.array_equal(read.bias, weights[:, 0])
    assert (read.personal, read.emergency) == (0.5, 0.25)
    assert patient.WEIGHTS.stat().st_size < 1_000_000


def test_every_phrasing_can_be_filled_and_the_questions_are_the_same_each_time() -> None:
    rng = random.Random(0)
    for row in phrasings(patient.WEIGHTS.with_name("patients.tsv")):
        text = fill(row.pattern, train_patients.FILLINGS, rng)
        assert text and not set("{}()|") & set(text), row.pattern
        assert row.kind in (*KINDS[1:], "none")
    first = train_patients.examples(train.FILLINGS)
    assert first == train_patients.examples(train.FILLINGS)
    assert {row.kind for row in first} == set(range(len(KINDS)))


def test_both_heads_were_learned_over_the_bundled_encoder() -> None:
    width = Weights.load().weights.shape[0]
    assert width > BundledEncoder.dimension
    row = patient.features(["a text"], np.zeros((1, BundledEncoder.dimension), np.float32))
    assert PatientHead.load().weights.shape == (len(KINDS), row.shape[1])
