"""Prompts: placeholders are checked, and the worked example's numbers are right."""

from __future__ import annotations

from importlib.resources import files

import pytest
from rdkit import Chem
from rdkit.Chem import Descriptors

from retort.agent.records import ABSTENTION
from retort.prompts import load


def test_a_prompt_is_filled_in() -> None:
    assert ABSTENTION in load("writer", abstention=ABSTENTION)
    assert "3 steps" in load("finish", steps=3, abstention=ABSTENTION)


@pytest.mark.parametrize("values", [{}, {"abstention": "a", "extra": 1}])
def test_a_missing_or_surplus_value_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(KeyError, match="writer"):
        load("writer", **values)


def test_an_unknown_prompt_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        load("nothing")


def test_every_prompt_is_short() -> None:
    for path in files("retort.prompts").iterdir():
        if path.name.endswith(".md"):
            assert len(path.read_text().split()) < 400, path.name


def test_the_worked_example_is_right() -> None:
    weight = Descriptors.MolWt(Chem.MolFromSmiles("CCO"))
    for prompt in (load("system"), load("writer", abstention=ABSTENTION)):
        assert f"{weight:.2f} g/mol" in prompt
