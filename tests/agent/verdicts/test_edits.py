"""Rules that turn a statement into its opposite."""

from __future__ import annotations

import random

import pytest

from retort.agent.verdicts import edits


def rng() -> random.Random:
    return random.Random(0)


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("Higher doses help.", "Lower doses help."),
        ("It is an agonist of D2.", "It is an antagonist of D2."),
        ("Survival was longer in carriers.", "Survival was shorter in carriers."),
    ],
)
def test_a_word_of_direction_is_turned(text: str, turned: str) -> None:
    assert edits.turned(text, rng()) == turned
    assert edits.turned(turned, rng()) == text


def test_a_verb_keeps_its_form_when_it_is_turned_or_reworded() -> None:
    for seed in range(20):
        assert edits.turned("It inhibited EGFR.", random.Random(seed)).split()[1].endswith("ed")
        reworded = edits.reworded("It inhibited EGFR.", random.Random(seed)).split()[1]
        assert reworded in {"inhibited", "suppressed", "repressed", "reduced", "blocked", "lowered",
                            "decreased", "impaired", "prevented", "downregulated", "delayed",
                            "down-regulated", "worsened", "diminished", "weakened"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("It is toxic.", "It is not toxic."),
        ("It did not help.", "It did help."),
        ("There was no effect.", "There was effect."),
        ("It increases survival.", "It does not increase survival."),
        ("It reduced pain.", "It did not reduce pain."),
        ("Aspirin, daily.", ""),
    ],
)
def test_a_negation_is_put_in_or_taken_out(text: str, negated: str) -> None:
    assert edits.negated(text, rng()) == negated


def test_a_number_is_changed_and_names_with_digits_are_not() -> None:
    for seed in range(20):
        made = edits.renumbered("CYP2C9*3 carriers: 32% of IL-6 users.", random.Random(seed))
        assert made != "CYP2C9*3 carriers: 32% of IL-6 users."
        assert made.startswith("CYP2C9*3 carriers: ") and made.endswith("% of IL-6 users.")
    assert edits.renumbered("IL-6 rises.", rng()) == ""


def test_a_name_is_replaced_by_another_texts() -> None:
    assert edits.renamed("EGFR is mutated.", ["EGFR", "KRAS"], rng()) == "KRAS is mutated."
    assert edits.renamed("It is mutated.", ["KRAS"], rng()) == ""
    assert list(edits.names("Loss of TP53 and IL-6")) == ["TP53", "IL-6"]


def test_what_no_rule_can_turn_is_left_alone() -> None:
    assert edits.opposite("Aspirin, daily.", rng()) == ""


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("Indeed, drug A increases survival in mice.", "Indeed, drug A reduces survival in mice."),
        ("Survival increases.", ""),
    ],
)
def test_a_change_is_made_again_elsewhere(text: str, changed: str) -> None:
    assert edits.transferred(
        "A increases survival in mice", "A reduces survival in mice", text
    ) == (changed)
    assert edits.transferred(text, text, text) == ""
