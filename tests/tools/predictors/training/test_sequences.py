from __future__ import annotations

import numpy as np
from rdkit import Chem

from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.training.sequences import Sequences, batches

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def test_another_spelling_is_the_same_molecule() -> None:
    sequences = Sequences.of((ASPIRIN,))
    rows = np.zeros(20, dtype=np.int64)
    spelt = sequences.batch(rows, np.random.default_rng(0), share=1.0)
    texts = {tokens.shipped().decode(row) for row in spelt}
    assert len(texts) > 5
    assert {Chem.CanonSmiles(text) for text in texts} == {ASPIRIN}
    again = sequences.batch(rows, np.random.default_rng(0), share=1.0)
    np.testing.assert_array_equal(spelt, again)


def test_what_cannot_be_spelt_anew_stays() -> None:
    sequences = Sequences.of(("c1cccc1",))
    spelt = sequences.batch(np.zeros(1, dtype=np.int64), np.random.default_rng(0), share=1.0)
    assert tokens.shipped().decode(spelt[0]) == "c1cccc1"


def test_every_row_is_in_one_batch_of_an_epoch() -> None:
    rows = np.arange(3, 1003)
    lengths = np.random.default_rng(0).integers(5, 90, 1003)
    made = batches(rows, lengths, 32, seed=1, epoch=0)
    assert sorted(np.concatenate(made)) == rows.tolist()
    assert len(made) == len(batches(rows, lengths, 32, seed=1, epoch=1))
    assert np.mean([np.ptp(lengths[batch]) for batch in made]) < 10
