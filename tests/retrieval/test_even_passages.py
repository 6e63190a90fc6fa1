"""A long section is shared out evenly: no crumb is left at its end."""

from __future__ import annotations

import pytest

from retort.retrieval.chunks import PASSAGE_WORDS, split
from retort.retrieval.records import Paper

SENTENCE = "Carriers of the variant allele needed a lower dose of the drug than others did. "


@pytest.mark.parametrize("sentences", [34, 41, 55, 68, 100, 333])
def test_passages_of_a_section_are_of_one_length(sentences: int) -> None:
    passages = split(Paper("P1", "PMID:1", "A title", SENTENCE * sentences))
    lengths = [len(passage.text.split()) for passage in passages]
    assert max(lengths) - min(lengths) <= 2 * len(SENTENCE.split())
    assert all(abs(length - PASSAGE_WORDS) < PASSAGE_WORDS / 3 for length in lengths)
