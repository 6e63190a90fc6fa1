"""What is learnt from: folds that share no document, labels, and nothing of what is held back."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from retort.agent.verdicts import pairs
from retort.agent.verdicts.pairs import Case, Pair
from retort.retrieval.encode import HashingEncoder


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def scifact(tmp_path: Path) -> Path:
    folder = tmp_path / "scifact"
    claims = [
        {"id": n, "claim": f"Drug {n} lowers pain.", "cited_doc_ids": [str(n), str(n // 2)]}
        for n in range(30)
    ]
    for claim in claims:
        label = ("SUPPORT", "CONTRADICT")[claim["id"] % 2]  # type: ignore[operator]
        found = {"doc_id": claim["cited_doc_ids"][0], "label": label, "sentences": [1]}  # type: ignore[index]
        claim["evidence"] = [found] if claim["id"] % 3 else []  # type: ignore[operator]
    write(folder / "claims_train.jsonl", claims)
    told = [
        "Pain is common.",
        "The drug increased the pain of the patients that were studied here.",
    ]
    extra = "We found that EGFR activation increases survival of the treated patients for years."
    docs = [
        {"_id": str(n), "text": " ".join(told), "metadata": {"sentences": [*told, extra]}}
        for n in range(60)
    ]
    write(folder / "corpus.jsonl", docs)
    return folder


def test_no_document_stands_in_two_folds(scifact: Path) -> None:
    cases = pairs.read_cases(scifact)
    by_doc: dict[str, set[int]] = {}
    by_claim: dict[str, set[int]] = {}
    for case in cases:
        by_doc.setdefault(case.doc_id, set()).add(case.fold)
        by_claim.setdefault(case.claim_id, set()).add(case.fold)
    assert all(len(folds) == 1 for folds in [*by_doc.values(), *by_claim.values()])
    assert all(case.gold for case in cases if case.label != "no evidence")


def test_a_case_gives_its_label_its_rationale_and_its_opposite() -> None:
    case = Case("1", "It increases pain.", "d", ("Pain hurts.", "It raised pain."), "supported",
                frozenset({1}), 0)  # fmt: skip
    found = list(pairs.annotated([case], HashingEncoder(), random.Random(0)))
    assert Pair("It increases pain.", "It raised pain.", "supported") in found
    turned = [pair for pair in found if pair.label == "contradicted"]
    assert turned and all(pair.statement != case.claim for pair in turned)


def test_abstracts_that_claims_cite_are_left_out(scifact: Path) -> None:
    taken = {str(n) for n in range(60) if n != 7}
    found = list(pairs.abstracts(scifact, taken, 100, random.Random(0)))
    assert {pair.label for pair in found} >= {"supported", "contradicted", "no evidence"}
    assert list(pairs.abstracts(scifact, {*taken, "7"}, 100, random.Random(0))) == []


def test_banned_sentences_are_no_evidence(tmp_path: Path) -> None:
    secret = "The secret abstract of a claim says that pain increases in all patients."
    rows = [
        {
            "body": f"Does drug {n} help?", "type": "yesno", "exact_answer": "no",
            "ideal_answer": ["No, this drug does not help any of the patients."],
            "snippets": [{"text": secret},
                         {"text": f"Drug {n} was no help to any of the many patients."}],
        }
        for n in range(4)
    ]  # fmt: skip
    write(tmp_path / "questions.jsonl", rows)
    found = list(pairs.questions(tmp_path, {pairs.normal(secret)}, random.Random(0)))
    own = [pair for pair in found if pair.label != "no evidence"]
    assert own and not any("secret" in pair.evidence for pair in found)
    assert ("Does drug 0 help?", "contradicted") in [(pair.statement, pair.label) for pair in own]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("In conclusion, these results suggest that drug A (10 mg) helps.", "Drug A helps."),
        ("We found that mice survived.", "Mice survived."),
        ("Yes, it is approved.", "It is approved."),
    ],
)
def test_a_statement_loses_its_frame(text: str, bare: str) -> None:
    assert pairs.stripped(text) == bare
