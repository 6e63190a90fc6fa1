"""Encoders of the hub or a folder: pooled, prefixed and cut as their own configuration says."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest
from tiny import make_model, say, sentence_transformer

from retort.retrieval import hub
from retort.retrieval.conventions import PLAIN, Convention, convention_of
from retort.retrieval.encode import load_encoder
from retort.retrieval.errors import OfflineError, RetortError
from retort.retrieval.hub import HubEncoder, towers_of
from retort.retrieval.library import Library
from retort.retrieval.records import Paper
from retort.retrieval.search import search

TEXTS = ["kinase inhibitor", "warfarin dose liver", "aspirin", "egg ship egg ship egg"]


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """In float32, so that what is compared can be compared exactly."""
    import torch

    monkeypatch.setattr(hub, "bulk_engine", lambda: ("cpu", torch.float32))


def test_the_examples_hold() -> None:
    assert doctest.testmod(hub).failed == 0


def _states(folder: Path, text: str) -> np.ndarray:
    """(tokens, d) of one text, by transformers alone."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.inference_mode():
        states: np.ndarray = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state[0]
    return np.asarray(states)


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token", "lasttoken"])
def test_tokens_are_pooled_as_the_folder_says(tmp_path: Path, pooling: str) -> None:
    folder = make_model(tmp_path / "m")
    sentence_transformer(folder, pooling)
    vectors = HubEncoder(str(folder)).encode(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        states = _states(folder, text)
        expected = {"mean_tokens": states.mean(0), "cls_token": states[0], "lasttoken": states[-1]}
        chosen = expected[pooling]
        assert np.allclose(vector, chosen / np.linalg.norm(chosen), atol=1e-5)


def test_padding_on_the_left_is_not_pooled() -> None:
    import torch

    states = torch.arange(8, dtype=torch.float32).reshape(1, 4, 2) + 1
    mask = torch.tensor([[0, 1, 1, 0]])
    for pooling, expected in {
        "cls": [3.0, 4.0],
        "lasttoken": [5.0, 6.0],
        "mean": [4.0, 5.0],
    }.items():
        unit = np.array(expected) / np.linalg.norm(expected)
        assert np.allclose(hub.pool(states, mask, pooling)[0], unit, atol=1e-6), pooling


def test_a_folder_that_says_nothing_is_pooled_by_the_mean(tmp_path: Path) -> None:
    assert convention_of(str(make_model(tmp_path / "m")), offline=True) == PLAIN


@pytest.mark.parametrize(
    ("name", "query", "passage", "pooling"),
    [
        ("e5-small-v2", "query: ", "passage: ", "mean"),
        ("multilingual-e5-base", "query: ", "passage: ", "mean"),
        (
            "bge-small-en-v1.5",
            "Represent this sentence for searching relevant passages: ",
            "",
            "cls",
        ),
        ("MedCPT-Query-Encoder", "", "", "cls"),
        ("gte-small", "", "", "mean"),
    ],
)
def test_families_have_their_prefixes(
    tmp_path: Path, name: str, query: str, passage: str, pooling: str
) -> None:
    (tmp_path / name).mkdir()
    assert convention_of(str(tmp_path / name), True) == Convention(pooling, query, passage)


def test_what_the_folder_says_goes_before_the_family(tmp_path: Path) -> None:
    folder = tmp_path / "e5-small"
    sentence_transformer(folder, "cls_token")
    say(folder, "config_sentence_transformers.json", {"prompts": {"query": "q ", "document": "d "}})
    say(folder, "sentence_bert_config.json", {"max_seq_length": 7})
    assert convention_of(str(folder), True) == Convention("cls", "q ", "d ", 7)


def test_queries_and_passages_get_their_own_prefix(tmp_path: Path) -> None:
    plain = HubEncoder(str(make_model(tmp_path / "plain")))
    prefixed = HubEncoder(str(make_model(tmp_path / "e5-small")))
    asked, told = (
        plain.encode([f"{word}: {text}" for text in TEXTS]) for word in ("query", "passage")
    )
    assert np.allclose(prefixed.encode_queries(TEXTS), asked, atol=1e-6)
    assert np.allclose(prefixed.encode(TEXTS), told, atol=1e-6)
    assert prefixed.digest != plain.digest, "vectors of one use do not meet those of another"


def test_no_more_tokens_are_read_than_the_model_allows(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    assert HubEncoder(str(folder)).encode(["kinase " * 500]).shape == (1, 16)
    say(folder, "sentence_bert_config.json", {"max_seq_length": 4})
    short = HubEncoder(str(folder))
    alike = short.encode(["kinase inhibitor liver gene", "kinase inhibitor ship ship"])
    assert np.allclose(alike[0], alike[1], atol=1e-6)


@pytest.mark.parametrize(("pooling", "kinds"), [("max_tokens", ()), ("mean_tokens", ("Dense",))])
def test_what_is_not_understood_is_refused(
    tmp_path: Path, pooling: str, kinds: tuple[str, ...]
) -> None:
    folder = make_model(tmp_path / "m")
    sentence_transformer(folder, pooling, kinds)
    with pytest.raises(RetortError, match="as a text encoder") as refused:
        load_encoder(str(folder))
    assert "not understood" in refused.value.why


# -- two towers ------------------------------------------------------------------------------------


@pytest.fixture
def medcpt(tmp_path: Path) -> tuple[Path, Path]:
    return (
        make_model(tmp_path / "MedCPT-Query-Encoder", seed=1),
        make_model(tmp_path / "MedCPT-Article-Encoder", seed=2),
    )


def test_one_tower_of_medcpt_brings_the_other(medcpt: tuple[Path, Path]) -> None:
    queries, articles = medcpt
    pair = load_encoder(str(articles))
    assert pair.name == f"{queries}+{articles}"
    assert load_encoder(pair.name).digest == load_encoder(str(queries)).digest == pair.digest
    for folder, vectors in ((queries, pair.encode_queries(TEXTS)), (articles, pair.encode(TEXTS))):
        first = _states(folder, TEXTS[0])[0]
        assert np.allclose(vectors[0], first / np.linalg.norm(first), atol=1e-5)


def test_any_two_models_are_a_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_model(tmp_path / "a", seed=1), make_model(tmp_path / "b", seed=2)
    monkeypatch.chdir(tmp_path)
    assert towers_of("a+b") == (str(first), str(second))
    assert towers_of("who/one+who/other") == ("who/one", "who/other")
    pair = load_encoder("a+b")
    assert np.array_equal(pair.encode_queries(TEXTS), load_encoder("a").encode(TEXTS))
    assert np.array_equal(pair.encode(TEXTS), load_encoder("b").encode(TEXTS))


def test_two_models_of_different_size_are_no_pair(tmp_path: Path) -> None:
    make_model(tmp_path / "a"), make_model(tmp_path / "b", size=8)
    with pytest.raises(RetortError, match="is no pair of encoders"):
        load_encoder(f"{tmp_path / 'a'}+{tmp_path / 'b'}")


def test_a_missing_tower_is_not_fetched_when_offline(tmp_path: Path) -> None:
    make_model(tmp_path / "a")
    with pytest.raises(OfflineError, match="nobody/no-such-model"):
        load_encoder(f"{tmp_path / 'a'}+nobody/no-such-model", offline=True)


def test_a_library_remembers_its_towers(tmp_path: Path, medcpt: tuple[Path, Path]) -> None:
    papers = [Paper(text, text, "", text) for text in TEXTS]
    with Library.open(tmp_path / "lib", str(medcpt[0]), create=True) as library:
        library.add(papers)
        found = search(library, "warfarin", 3, "dense")
    with Library.open(tmp_path / "lib") as library:
        assert library.encoder().name == f"{medcpt[0]}+{medcpt[1]}"
        assert search(library, "warfarin", 3, "dense") == found


@pytest.mark.gpu
def test_a_gpu_gives_the_vectors_of_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    folder = str(make_model(tmp_path / "m"))
    expected = HubEncoder(folder).encode(TEXTS)
    for dtype in (torch.float16, torch.bfloat16):
        monkeypatch.setattr(hub, "bulk_engine", lambda dtype=dtype: ("cuda", dtype))
        assert (HubEncoder(folder).encode(TEXTS) * expected).sum(1).min() > 0.99
