"""How each kind of network is taught the table of labels. Knows no file but the encoder's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retort.retrieval.errors import UsageError
from retort.tools.predictors.featurise import FloatArray
from retort.tools.predictors.networks import autocast
from retort.tools.predictors.stack import MEMBERS
from retort.tools.predictors.training.labels import FOLDS, Ints
from retort.tools.predictors.training.loop import Run
from retort.tools.predictors.training.members import Teaching, Work

if TYPE_CHECKING:
    from retort.tools.predictors.training.finetuning import Settings as SmilesSettings
    from retort.tools.predictors.training.graph import Settings as GraphSettings


def usual(members: Sequence[str] | None = None, encoder: Path | None = None) -> list[Teaching]:
    """The networks beside the trees, with the settings that the shipped checkpoints have.

    Args:
        members: some of ``stack.MEMBERS``; all if None.
        encoder: where the transformer starts, the shipped encoder if None.

    Raises:
        UsageError: no such member, or the trees are not among them.
    """
    from retort.tools.predictors.training import finetuning, graph, pretraining

    wanted = tuple(members or MEMBERS)
    if unknown := [name for name in wanted if name not in MEMBERS]:
        raise UsageError(
            f"There is no member {unknown[0]!r}.", f"Members are {', '.join(MEMBERS)}.", "--member"
        )
    if "trees" not in wanted:
        raise UsageError(
            "The trees are always a member.", "They answer where PyTorch is missing.", "Add trees."
        )
    found = []
    if "graph" in wanted:
        found.append(of_graphs(graph.Settings()))
    if "smiles" in wanted:
        found.append(of_smiles(finetuning.Settings(), encoder or pretraining.SHIPPED))
    return found


def of_graphs(settings: GraphSettings) -> Teaching:
    """Message-passing networks, on parents and their descriptors."""
    from retort.tools.predictors.graph.graphs import graph_from_smiles
    from retort.tools.predictors.training import graph

    def fit(work: Work, rows: Ints, run: Run) -> Any:
        wanted = set(rows.tolist())
        empty = graph_from_smiles("C")
        molecules = [
            graph_from_smiles(text) if place in wanted else empty
            for place, text in enumerate(work.matrix.parents)
        ]
        described = work.matrix.descriptors()
        return graph.fit(work.labels, molecules, described, rows, settings, run)

    def ask(network: Any, work: Work, rows: Ints) -> FloatArray:
        molecules = [graph_from_smiles(work.matrix.parents[row]) for row in rows]
        with autocast(next(network.parameters()).device):
            found: FloatArray = network.predict(molecules, work.matrix.descriptors()[rows])
        return found

    return Teaching("graph", str(asdict(settings)), FOLDS, fit, ask)


def of_smiles(settings: SmilesSettings, encoder: Path) -> Teaching:
    """SMILES transformers, on parents, from a pretrained encoder.

    Args:
        settings: of the fine-tuning.
        encoder: the file that pretraining wrote, or its folder.
    """
    from retort.tools.predictors.training import finetuning, pretraining

    file = encoder / pretraining.ENCODER_FILE if encoder.is_dir() else encoder

    def fit(work: Work, rows: Ints, run: Run) -> Any:
        labels = replace(work.labels, smiles=work.matrix.parents)
        return finetuning.fit(labels, rows, pretraining.load(file), settings, run)

    def ask(network: Any, work: Work, rows: Ints) -> FloatArray:
        with autocast(next(network.parameters()).device):
            found: FloatArray = network.predict([work.matrix.parents[row] for row in rows])
        return found

    weights = hashlib.sha256(file.read_bytes()).hexdigest()
    return Teaching("smiles", f"{asdict(settings)} {weights}", 1, fit, ask)
