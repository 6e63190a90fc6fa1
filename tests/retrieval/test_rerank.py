"""Reranking: a cross-encoder orders the best passages, and their first scores stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stored import make_library
from tiny import make_model

from retort.retrieval import rerank, search
from retort.retrieval.errors import OfflineError, RetortError
from retort.retrieval.rerank import CrossEncoder, load_reranker

TEXTS = ["kinase inhibitor", "warfarin dose liver", "aspirin", "egg ship egg ship egg"]


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(rerank, "bulk_engine", lambda: ("cpu", torch.float32))


@pytest.mark.parametrize("labels", [1, 2])
def test_scores_are_the_models(tmp_path: Path, labels: int) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = make_model(tmp_path / "m", labels=labels)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    expected = []
    for text in TEXTS:
        with torch.inference_mode():
            logits = model(**tokenizer("warfarin", text, return_tensors="pt")).logits[0]
        expected.append(float(logits[-1] - (logits[0] if labels == 2 else 0)))
    found = CrossEncoder(str(folder)).scores("warfarin", TEXTS)
    assert found.dtype == np.float32 and np.allclose(found, expected, atol=1e-5)
    assert len(set(expected)) == len(TEXTS)


def test_a_pair_that_is_too_long_is_cut(tmp_path: Path) -> None:
    model = CrossEncoder(str(make_model(tmp_path / "m", labels=1)))
    assert np.isfinite(model.scores("kinase " * 100, ["liver " * 300, ""])).all()
    assert model.scores("kinase", []).shape == (0,)


def test_the_best_passages_are_ordered_by_it_and_keep_their_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RERANKED", 6)
    model = CrossEncoder(str(make_model(tmp_path / "m", labels=1)))
    with make_library(tmp_path / "lib", papers=20) as library:
        plain = search.search(library, "warfarin dose liver", 10)
        hits = search.search(library, "warfarin dose liver", 10, reranker=model)
    before = {hit.passage.passage_id: hit.score for hit in plain}
    assert {hit.passage.passage_id: hit.score for hit in hits} == before
    texts = [f"{hit.title}. {hit.passage.text}" for hit in hits]
    judged = [hit.rerank_score for hit in hits]
    assert judged[6:] == [None] * 4 and [hit.rank for hit in hits] == list(range(1, 11))
    assert judged[:6] == sorted(map(float, judged[:6]), reverse=True)  # type: ignore[arg-type]
    assert np.allclose(judged[:6], model.scores("warfarin dose liver", texts[:6]), atol=1e-4)
    assert [h.passage for h in hits[6:]] == [h.passage for h in plain[6:]]
    assert "rerank_score" in hits[0].as_dict() and "rerank_score" not in plain[0].as_dict()


def test_it_is_not_fetched_when_offline() -> None:
    with pytest.raises(OfflineError, match='cross-encoder "nobody/no-such-model" is not on this'):
        load_reranker("nobody/no-such-model", offline=True)


@pytest.mark.parametrize("labels", [None, 3])
def test_what_is_no_cross_encoder_is_refused(tmp_path: Path, labels: int | None) -> None:
    with pytest.raises(RetortError, match="is no cross-encoder"):
        load_reranker(str(make_model(tmp_path / "m", labels=labels)))


def test_a_folder_that_is_no_model_says_why(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="as a cross-encoder"):
        load_reranker(str(tmp_path))
