"""A larger SMILES model of the hub (ChemBERTa, MolFormer ...) with low-rank updates, as it runs.

LoRA (Hu et al., ICLR 2022, arXiv 2106.09685): the model's weights stay, each linear layer has an
update of low rank beside a head for the task. Only these are kept. How they are learnt stands in
``training.lora``; knows no table and no folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from retort.retrieval.errors import RetortError
from retort.tools.predictors.smiles.network import FloatArray

RANK = 8
DROPOUT = 0.1
HIDDEN = 256
LONGEST = 256
"""tokens of a molecule; what is behind is cut off"""


class AdaptedModel(nn.Module):
    """A hub model with low-rank updates and a head: molecules to one number per task."""

    def __init__(self, base: nn.Module, tokenizer: Any, tasks: int) -> None:
        super().__init__()
        self.base = base
        self.tokenizer = tokenizer
        self.hidden = nn.Linear(int(base.config.hidden_size), HIDDEN)  # type: ignore[union-attr, arg-type]
        self.out = nn.Linear(HIDDEN, tasks)
        self.task_mean: Tensor
        self.task_sd: Tensor
        self.register_buffer("task_mean", torch.zeros(tasks))
        self.register_buffer("task_sd", torch.ones(tasks))

    def forward(self, smiles: Sequence[str]) -> Tensor:
        """(n, t) float32: z-scores, and log-odds less ``task_mean``."""
        limit = min(int(self.tokenizer.model_max_length), LONGEST)
        tokens = self.tokenizer(
            list(smiles), padding=True, truncation=True, max_length=limit, return_tensors="pt"
        ).to(self.out.weight.device)
        mask = tokens["attention_mask"]
        states = self.base(input_ids=tokens["input_ids"], attention_mask=mask).last_hidden_state
        real = mask[..., None].to(states.dtype)
        found = (states * real).sum(1) / real.sum(1)
        found = functional.relu(self.hidden(functional.dropout(found, DROPOUT, self.training)))
        out: Tensor = self.out(functional.dropout(found, DROPOUT, self.training))
        return out.float()

    def predict(self, smiles: Sequence[str], batch: int = 256) -> FloatArray:
        """(n, t) float32, in the scale of the labels; classes as log-odds."""
        order = np.argsort([len(text) for text in smiles], kind="stable")
        predicted = np.empty((len(smiles), len(self.task_mean)), dtype=np.float32)
        self.eval()
        with torch.inference_mode():
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                out = self([smiles[row] for row in rows])
                predicted[rows] = (out * self.task_sd + self.task_mean).cpu().numpy()
        return predicted

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What was learnt, float32: the updates, the head and the scale of the tasks."""
        learnt = {name for name, weights in self.named_parameters() if weights.requires_grad}
        learnt |= {"task_mean", "task_sd"}
        state = self.state_dict()
        return {name: state[name].detach().float().cpu().numpy() for name in sorted(learnt)}


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a hub model is, and how it may be loaded."""

    name: str
    """on the hub, or a folder"""
    offline: bool = False
    trust_remote_code: bool = False
    """run code that comes with the model; MolFormer needs it"""
    revision: str | None = None
    """commit on the hub; the newest if None"""

    def describe(self) -> dict[str, Any]:
        """What finds the model again, for the card.

        Raises:
            RetortError: there is no such model.
        """
        from transformers import AutoConfig

        config = self._loaded(AutoConfig)
        return {
            "kind": "hub",
            "name": str(Path(self.name).resolve()) if Path(self.name).is_dir() else self.name,
            "revision": getattr(config, "_commit_hash", None) or self.revision,
            "trust_remote_code": self.trust_remote_code,
            "rank": RANK,
        }

    def fresh(self, tasks: int) -> AdaptedModel:
        """The model with updates and a head that have learnt nothing yet.

        Raises:
            RetortError: ``peft`` is not installed, or the model cannot be loaded.
        """
        try:
            from peft import LoraConfig, get_peft_model
        except ImportError as error:
            raise RetortError(
                f"Cannot adapt {self.name}.",
                "The package peft is not installed.",
                'pip install "retort[train]"',
            ) from error
        from transformers import AutoModel, AutoTokenizer

        tokenizer, base = self._loaded(AutoTokenizer), self._loaded(AutoModel)
        config = LoraConfig(
            r=RANK, lora_alpha=2 * RANK, lora_dropout=DROPOUT, target_modules="all-linear"
        )
        return AdaptedModel(get_peft_model(base, config), tokenizer, tasks)

    def read(self, arrays: Mapping[str, NDArray[Any]]) -> AdaptedModel:
        """The model whose ``arrays`` these are.

        Raises:
            RetortError: the hub model cannot be loaded, or the arrays are another's.
        """
        try:
            model = self.fresh(len(arrays["task_mean"]))
            if set(arrays) != set(model.arrays()):
                raise ValueError("the updates are those of another model")
            learnt = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
            model.load_state_dict(learnt, strict=False)
        except (KeyError, ValueError, RuntimeError) as error:
            why = f"{error}."
            raise RetortError(f"Cannot adapt {self.name}.", why, "Train it anew.") from error
        return model.eval()

    def _loaded(self, kind: Any) -> Any:
        options: dict[str, Any] = {
            "local_files_only": self.offline,
            "trust_remote_code": self.trust_remote_code,
            "revision": self.revision,
        }
        if not self.revision:
            del options["revision"]
        try:
            return kind.from_pretrained(self.name, **options)
        except (OSError, ValueError, ImportError) as error:
            text = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            raise RetortError(
                f"Cannot load the model {self.name}.",
                text,
                "Check the name or the folder; to fetch it, unset RETORT_OFFLINE.",
            ) from error
