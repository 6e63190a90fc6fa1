"""The head's network: the bundled encoder reading a statement and its evidence together.

The lower layers stay as they are; the upper ones are adapted by low-rank updates (Hu et al. 2021,
arXiv:2106.09685), and a small head reads the states of both texts and the signs of the rules.
Owns arithmetic only: knows no files and no thresholds. Imported only inside functions, because it
needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from retort.agent.verdicts.signs import SIGNS
from retort.retrieval import minilm

FROZEN = 3
"""layers that stay as they are; their output can be kept while the others learn"""
RANK = 16
HIDDEN = 96
CLASSES = 3
_LINEAR = (
    *("attention.self.query", "attention.self.key", "attention.self.value"),
    *("attention.output.dense", "intermediate.dense", "output.dense"),
)


class Network(nn.Module):
    """Pairs of texts -> logits over supported, contradicted, no evidence.

    Args:
        weights: the bundled encoder's, float32; not copied, never changed.
    """

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self._weights = weights
        self.down, self.up = nn.ParameterDict(), nn.ParameterDict()
        for number in range(FROZEN, minilm.LAYERS):
            for part in _LINEAR:
                name = f"encoder.layer.{number}.{part}"
                out, into = weights[f"{name}.weight"].shape
                self.down[_key(name)] = nn.Parameter(torch.randn(RANK, into) / into**0.5)
                self.up[_key(name)] = nn.Parameter(torch.zeros(out, RANK))
        width = 4 * minilm.DIMENSION
        self.hidden = nn.Linear(width, HIDDEN)
        self.out = nn.Linear(HIDDEN + len(SIGNS), CLASSES)
        self.drop = nn.Dropout(0.1)
        # The rules' own opinion, and how much each of the two opinions counts.
        self.rules = nn.Linear(len(SIGNS), CLASSES)
        self.shares = nn.Parameter(torch.tensor([1.0, 0.0]))
        self.offset = nn.Parameter(torch.zeros(CLASSES))
        for fixed in (self.rules.weight, self.rules.bias, self.shares, self.offset):
            fixed.requires_grad_(False)

    def lower(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """The states (n, length, 384) that the frozen layers give; no gradient."""
        with torch.no_grad():
            x = minilm.embed(self._weights, ids, types)
            for number in range(FROZEN):
                x = minilm.layer(self._weights, number, x, mask)
        return x

    def upper(self, x: Tensor, types: Tensor, mask: Tensor, seen: Tensor) -> Tensor:
        """Logits (n, 3) from the frozen layers' states.

        Args:
            x: (n, length, 384).
            types: (n, length) 0 for the statement, 1 for the evidence.
            mask: (n, length) 1 for a token, 0 for padding.
            seen: (n, len(SIGNS)) what the rules see.
        """
        for number in range(FROZEN, minilm.LAYERS):
            x = minilm.layer(self._weights, number, self.drop(x), mask, self._adapted)
        statement = _mean(x, mask * (1 - types))
        evidence = _mean(x, mask * types)
        both = [x[:, 0].float(), statement * evidence, (statement - evidence).abs(), evidence]
        inner = F.gelu(self.hidden(self.drop(torch.cat(both, dim=1))))
        logits: Tensor = self.out(torch.cat([self.drop(inner), seen], dim=1))
        return logits

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor, seen: Tensor) -> Tensor:
        """Pooled logits (n, 3) for token ids, types and mask, each (n, length), and signs."""
        return self.pooled(self.upper(self.lower(ids, types, mask), types, mask, seen), seen)

    def pooled(self, logits: Tensor, seen: Tensor) -> Tensor:
        """The network's logits (n, 3) and the rules' as one, calibrated: a log-linear pool."""
        opinions = self.shares[0] * logits + self.shares[1] * self.rules(seen)
        together: Tensor = opinions + self.offset
        return together

    def _adapted(self, x: Tensor, name: str) -> Tensor:
        plain = F.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])
        key = _key(name)
        return plain + F.linear(F.linear(x, self.down[key]), self.up[key])

    def arrays(self) -> dict[str, Tensor]:
        """What was learnt, in float16: the updates and the head."""
        return {name: tensor.half().contiguous() for name, tensor in self.state_dict().items()}

    def load(self, arrays: Mapping[str, Tensor]) -> Network:
        """Take up what ``arrays`` gave; the network itself, ready to judge."""
        self.load_state_dict({name: tensor.float() for name, tensor in arrays.items()})
        return self.eval()


def _key(name: str) -> str:
    """A parameter's name without dots, which torch does not allow."""
    return name.removeprefix("encoder.layer.").replace(".", "-")


def _mean(states: Tensor, keep: Tensor) -> Tensor:
    weight = keep.unsqueeze(-1).float()
    return (states.float() * weight).sum(1) / weight.sum(1).clamp(min=1.0)
