from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retort.tools.predictors.smiles import tokens

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@given(st.text())
def test_the_tokens_of_any_string_spell_it(text: str) -> None:
    assert "".join(tokens.split(text)) == text


def test_an_atom_is_one_token() -> None:
    assert tokens.split("C[C@@H](Br)%12Cl%(103)") == [
        *("C", "[C@@H]", "(", "Br", ")", "%12", "Cl", "%(103)")
    ]


@given(st.lists(st.sampled_from(tokens.shipped().tokens[len(tokens.SPECIAL) :]), max_size=40))
def test_what_the_vocabulary_has_is_read_back(parts: list[str]) -> None:
    text = "".join(parts)
    numbers = tokens.shipped().encode(text)
    assert numbers[0] == tokens.CLS
    assert tokens.shipped().decode(numbers) == text


def test_a_token_that_the_vocabulary_lacks_is_unknown_and_long_strings_are_cut() -> None:
    shipped = tokens.shipped()
    assert shipped.encode("C[244Pu]") == [tokens.CLS, shipped.numbers["C"], tokens.UNKNOWN]
    assert len(shipped.encode("C" * 1000)) == tokens.MAX_TOKENS


def test_the_shipped_vocabulary_has_every_token_once() -> None:
    shipped = tokens.shipped()
    assert shipped.tokens[: len(tokens.SPECIAL)] == tokens.SPECIAL
    assert len(set(shipped.tokens)) == len(shipped.tokens)
    assert tokens.UNKNOWN not in shipped.encode(ASPIRIN)


def test_a_vocabulary_is_learnt_by_frequency() -> None:
    learnt = tokens.Vocabulary.learnt(["CCO", "CCN", "C[Xe]"], at_least=1)
    assert learnt.tokens == (*tokens.SPECIAL, "C", "N", "O", "[Xe]")
    assert tokens.Vocabulary.learnt(["CCO", "CCN"], at_least=2).tokens[-1] == "C"


def test_sequences_are_filled_up() -> None:
    filled = tokens.padded([[1, 5], [1]])
    assert filled.shape == (2, tokens.LENGTH_STEP)
    assert filled[:, :2].tolist() == [[1, 5], [1, tokens.PAD]]
    assert not filled[:, 2:].any()
    assert tokens.padded([[1] * 9]).shape == (1, 16)
    assert tokens.padded_length(tokens.MAX_TOKENS) == tokens.MAX_TOKENS
