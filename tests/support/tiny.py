"""Tiny random models in a folder, as transformers and sentence-transformers lay them out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] query : passage kinase inhibitor warfarin dose egfr egg ship "
    "represent this sentence for searching relevant passages drug gene liver aspirin"
).split()


def make_model(folder: Path, seed: int = 0, size: int = 16, labels: int | None = None) -> Path:
    """A random BERT of two layers with its tokenizer; a classifier where ``labels`` is given."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        BertModel,
        BertTokenizerFast,
    )

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=32).save_pretrained(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=size,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
        initializer_range=0.5,
        num_labels=labels or 2,
    )
    model: Any = BertForSequenceClassification(config) if labels else BertModel(config)
    model.save_pretrained(folder)
    return folder


def say(folder: Path, name: str, content: Any) -> None:
    """Write a JSON file beside a model."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def sentence_transformer(folder: Path, pooling: str, kinds: tuple[str, ...] = ()) -> None:
    """The files of sentence-transformers: which modules, and how the tokens are pooled."""
    modules = ("Transformer", "Pooling", "Normalize", *kinds)
    say(
        folder,
        "modules.json",
        [
            {"idx": n, "name": str(n), "path": f"{n}_{kind}" if n else "", "type": f"s_t.{kind}"}
            for n, kind in enumerate(modules)
        ],
    )
    modes = ("cls_token", "mean_tokens", "max_tokens", "lasttoken")
    config = {f"pooling_mode_{mode}": mode == pooling for mode in modes}
    say(folder, "1_Pooling/config.json", {"word_embedding_dimension": 16, **config})
