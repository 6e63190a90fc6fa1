"""The commands that train: ``retort predictors ...``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError
from retort.ui import terminal
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON
from retort.ui.progress import Advance, bar

if TYPE_CHECKING:
    import threading

app = typer.Typer(
    help="Train predictors, on published data or your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Data = Annotated[Path, typer.Option(help="Folder that holds molecules/.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ... or auto.")]
Seed = Annotated[int, typer.Option(help="The same seed on the same machine: the same result.")]


@app.command()
def pretrain(
    data: Data,
    work: Annotated[Path, typer.Option(help="Folder of corpus and encoder; a rerun goes on.")],
    size: Annotated[int, typer.Option(min=1_000, help="Structures to sample.")] = 250_000,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over them.")] = 4,
    processes: Annotated[int, typer.Option(min=1, help="That make the corpus.")] = 2,
    seed: Seed = 0,
    device: Device = "auto",
    json: JSON = False,
) -> None:
    """Pretrain the SMILES encoder: masked tokens, and regression onto descriptors.

    Held-out molecules are left out. A rerun of the same command goes on where the last one ended.
    """
    from dataclasses import asdict, replace

    from retort.tools.predictors.training import corpus, pretraining
    from retort.tools.predictors.training.datasets import held_out_keys
    from retort.tools.predictors.training.loop import Run

    source = data / "molecules" / "pretrain_union" / "smiles_union.txt.gz"
    stop = stop_on_interrupt()
    with bar("Making the corpus") as advance:
        made = corpus.build(source, held_out_keys(data), work, size, seed, processes, advance, stop)
    if made is None:
        raise KeyboardInterrupt
    terminal.say(f"{len(made.smiles):,} molecules with {len(made.names)} descriptors: {work}")
    settings = pretraining.Settings()
    settings = replace(settings, schedule=replace(settings.schedule, epochs=epochs))
    folder = work / "encoder"
    with training("Pretraining", stop) as progress:
        _, losses = pretraining.pretrain(made, settings, Run(seed, device, folder, progress))
    if json:
        terminal.emit({"encoder": str(folder), "molecules": len(made.smiles), **asdict(losses)})
    else:
        print(f"Held back: {losses}\nWritten: {folder / pretraining.ENCODER_FILE}")


@app.command()
def finetune(
    table: Annotated[Path, typer.Argument(help="CSV, TSV or SD file with a measured column.")],
    target: Annotated[str, typer.Option(help="Column to learn.")],
    smiles_column: Annotated[str | None, typer.Option(help="Column of the structures.")] = None,
    encoder: Annotated[
        str,
        typer.Option(help="retort, a folder of retort predictors pretrain, or hf:NAME_OR_PATH."),
    ] = "retort",
    task: Annotated[
        Literal["auto", "regression", "classification"], typer.Option(help="What the column is.")
    ] = "auto",
    unit: Annotated[str, typer.Option(help="Unit of the column, to be shown with values.")] = "",
    epochs: Annotated[
        int | None, typer.Option(min=1, help="By the table's size if left out.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder; default TABLE-TARGET.")] = None,
    trust_remote_code: Annotated[
        bool, typer.Option(help="Run code that comes with a hub model (MolFormer needs it).")
    ] = False,
    seed: Seed = 0,
    device: Device = "auto",
    json: JSON = False,
) -> None:
    """Learn a column of your own table, and say how well, on scaffolds that were not seen.

    A hub model is adapted by low-rank updates (LoRA); Retort's own is fine-tuned as a whole.
    The folder is then used by retort predict SMILES --model FOLDER.
    """
    from retort.tools.predictors.training import adapting, measurements
    from retort.tools.predictors.training.loop import Run

    measured = measurements.read(table, target, smiles_column, task)
    name = re.sub(r"[^\w.-]+", "_", f"{table.stem}-{measured.labels.tasks[0]}")
    folder = output or Path(name)
    by = adapting.learner(encoder, Settings.from_environment().offline, trust_remote_code)
    terminal.say(f"{measured.counts['training_molecules']:,} molecules, a {measured.task}")
    with training("Learning", stop_on_interrupt()) as progress:
        run = Run(seed, device, progress=progress)
        card = adapting.adapt(measured, by, folder, run, epochs, unit)
    if json:
        terminal.emit({"output": str(folder), **card})
    else:
        print(_told(card))
        print(f"Written: {folder}\nUse it: retort predict SMILES --model {folder}")


@app.command()
def fit(
    data: Data,
    work: Annotated[Path, typer.Option(help="Folder of what is done; a rerun goes on.")],
    output: Annotated[Path | None, typer.Option(help="Checkpoints; WORK/checkpoints.")] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="Only these endpoints or families.")
    ] = None,
    member: Annotated[
        list[str] | None, typer.Option(help="trees, graph, smiles; all if left out.")
    ] = None,
    encoder: Annotated[
        Path | None, typer.Option(help="Made by retort predictors pretrain; the shipped one.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Splits into scaffold folds to score on.")] = 5,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: all cores.")] = 0,
    device: Device = "auto",
) -> None:
    """Train the predictors of all endpoints from published sets and write their checkpoints.

    Held-out molecules are left out of everything. A rerun of the same command goes on.
    """
    from retort.tools.predictors.endpoints import specs
    from retort.tools.predictors.training import fit as fitting
    from retort.tools.predictors.training import teaching

    wanted = [item for item in specs() if _chosen(item.name, item.family, endpoint)]
    if not wanted:
        raise UsageError(
            f"No endpoint is called {', '.join(endpoint or ())}.",
            "It is neither an endpoint nor a family.",
            "List them: retort predict --list",
        )
    kinds = teaching.usual(member, encoder)
    out = output or work / "checkpoints"
    fitting.fit(
        data,
        work,
        out,
        wanted,
        kinds,
        range(seeds),
        device=device,
        workers=workers,
        report=terminal.say,
    )
    print(f"Written: {out}")


@app.command()
def evaluate(
    table: Annotated[Path, typer.Argument(help="CSV, TSV or SD file with a measured column.")],
    endpoint: Annotated[str, typer.Option(help="The predictor to evaluate.")],
    target: Annotated[str, typer.Option(help="Column of the values, in the predictor's unit.")],
    smiles_column: Annotated[str | None, typer.Option(help="Column of the structures.")] = None,
    checkpoints: Annotated[Path | None, typer.Option(help="Others than the shipped ones.")] = None,
    json: JSON = False,
) -> None:
    """Say how good a predictor is on your own measurements; what it was trained on is left out."""
    from retort.tools.predictors import Predictors
    from retort.tools.predictors.training import external, measurements

    predictors = Predictors.load(checkpoints)
    known = predictors.named([endpoint])[0]
    labels = measurements.read(table, target, smiles_column, known.task).labels
    measured = list(zip(labels.smiles, labels.values[:, 0].tolist(), strict=True))
    found = external.judge(predictors, known.name, measured)
    if json:
        terminal.emit(found)
        return
    rows = [("all", found), *found["by_domain"].items()]
    names = [name for name in ("MAE", "Spearman", "AUROC", "AUPRC", "coverage") if name in found]
    cells = [
        (level, f"{part['molecules']:,}", *(_score(part.get(name)) for name in names))
        for level, part in rows
    ]
    print(f"{known.label} ({known.model}), {known.unit or 'probability'}")
    print(terminal.table(cells, ("domain", "molecules", *names)))
    terminal.say(
        f"Left out: {found['trained_on']:,} that it was trained on, "
        f"{found['unreadable']:,} that cannot be read. Coverage is of 90 % intervals."
    )


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _chosen(name: str, family: str, wanted: list[str] | None) -> bool:
    return not wanted or name in wanted or family in wanted


@contextmanager
def training(verb: str, stop: threading.Event) -> Iterator[Advance]:
    """A progress bar that heeds Ctrl-C; what was saved is kept."""
    with bar(verb) as advance:

        def progress(done: int, total: int, note: str) -> None:
            advance(done, total, note)
            if stop.is_set():
                raise KeyboardInterrupt

        yield progress


def _told(card: dict[str, Any]) -> str:
    """The estimate in a sentence or two."""
    found = card["evaluation"]
    low, high = found["score_interval"]
    lines = [
        f"{found['metric']} {found['score']:.3g} (95 % interval {low:.3g} to {high:.3g}), "
        f"{card['split']}; knowing nothing gives {found['score_knowing_nothing']:.3g}."
    ]
    held = f"held {found['coverage']:.0%} of the values of unseen scaffolds."
    if card["kind"] == "regression":
        wide = f"90 % intervals, {found['mean_interval_width']:.3g} wide on average"
        lines.append(f"R2 {found['r2']:.2f}; {wide}, {held}")
    else:
        lines.append(f"90 % class sets {held}")
    left_out = {
        name: count
        for name, count in card["counts"].items()
        if count and name not in ("rows", "training_molecules")
    }
    if left_out:
        told = ", ".join(f"{count:,} {name}" for name, count in left_out.items())
        lines.append(f"Of {card['counts']['rows']:,} rows were left out: {told}.")
    return "\n".join(lines)
