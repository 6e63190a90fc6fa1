"""The commands ``retort triage rank``, ``simulate``, ``list``, ``delete`` and ``export``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError, UsageError
from retort.ui import terminal
from retort.ui.files import write_whole
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON, Model
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.agent.triage.intake import Intake
    from retort.agent.triage.records import Criteria, Record, Shown
    from retort.agent.triage.simulate import Replay
    from retort.agent.triage.verdicts import Judged, Verdicts
    from retort.retrieval.encode import Encoder

app = typer.Typer(
    help="Screen many records: rank them, replay a labelled set, export what was decided.",
    no_args_is_help=True,
)
DONE_WITH_FAILURES = 3
TOP = 20
"""records that are judged unless it is said otherwise: a page of the ranking"""
SHOWN = 5
"""conflicts and skipped records that are named; their number is always told"""

_Criteria = Annotated[
    str, typer.Option(help='What is looked for: "TEXT", PICO lines, or a file with them.')
]
_Words = Annotated[
    bool, typer.Option("--words-only", help="Leave the encoder out: quicker, and less good.")
]


@app.command()
def rank(
    records: Annotated[Path, typer.Argument(help="File or folder: RIS, nbib, XML, CSV ...")],
    output: Annotated[Path, typer.Option(help="CSV or RIS, best first.")],
    criteria: _Criteria = "",
    labels: Annotated[
        Path | None, typer.Option(help="CSV with a column of ids and one of labels.")
    ] = None,
    words_only: _Words = False,
    judge: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="So many of the best are judged by a language model, criterion by criterion, each "
            "verdict with a quote; what was judged is kept and not asked again. Default: "
            f"{TOP} where a language model is named (--model or RETORT_MODEL), else none.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Records judged at the same time.")] = 4,
    model: Model = None,
    json: JSON = False,
) -> None:
    """Rank records by criteria and by the labels that they bring, or that --labels gives.

    A verdict changes no rank. Exit code 3: ranked, but a file could not be read, or not all were
    judged that should have been.
    """
    from retort.agent.triage import intake, ranked
    from retort.agent.triage.verdicts import beside

    _check(output, records, labels)
    wanted = _read(criteria)
    with bar("Looking for duplicates"):
        taken = intake.from_files([records])
    if labels:
        taken = intake.with_labels(taken, intake.read_labels(labels, taken.records))
    _tell(taken)
    if wanted.is_empty and not taken.has_both:
        raise UsageError(
            "There is nothing to rank by.",
            "No criteria were given, and there are not labels of both kinds.",
            '--criteria "adults with migraine; triptans; randomised trials"',
        )
    settings = Settings.from_environment(model=model)
    top = _top(settings, wanted, judge)
    encoder = None if words_only else _encoder(settings)
    with bar("Reading") as advance:
        rows = ranked.rank(taken, wanted, encoder, _cache(settings), advance)
    best = [row.record for row in rows[:top] if row.record.text]
    verdicts, judged = _judge(settings, wanted, best, workers) if best else (None, None)
    rows = beside(rows, wanted, verdicts)
    _write(output, rows)
    unfit = sum(any(reason.is_exclusion for reason in row.reasons) for row in rows)
    if json:
        terminal.emit(_summary(taken, unfit, judged) | {"output": str(output)})
    if judged:
        _tell_judged(judged)
    told = f", {unfit:,} with a possible exclusion" if unfit else ""
    terminal.say(f"{len(rows):,} records ranked by {rows[0].ranking}{told}: {output}")
    if taken.failed or (judged and (judged.failed or judged.left)):
        raise typer.Exit(DONE_WITH_FAILURES)


@app.command()
def simulate(
    dataset: Annotated[Path, typer.Argument(help="A labelled set: title, abstract, label.")],
    seed: Annotated[int, typer.Option(help="Of the two records that are known at the start.")] = 0,
    criteria: _Criteria = "",
    plot: Annotated[Path | None, typer.Option(help="The recall curve as PNG.")] = None,
    words_only: _Words = False,
    json: JSON = False,
) -> None:
    """Replay a labelled set: how soon would its relevant records have been found?

    With criteria the ranking starts from them; without, from one relevant and one irrelevant record
    drawn with the seed.
    """
    from retort.agent.triage import intake, ranked

    wanted = _read(criteria)
    taken = intake.from_files([dataset], is_merging=False)
    _tell(taken)
    settings = Settings.from_environment()
    encoder = None if words_only else _encoder(settings)
    with bar("Replaying") as advance:
        made = ranked.replayed(taken, wanted, seed, encoder, _cache(settings), advance)
    if plot:
        from retort.ui.curve import png

        write_whole(plot, png(made.recall, made.stop_share))
    if json:
        terminal.emit(made.as_dict([record.id for record in taken.records]))
    else:
        print(_report(made))
    if plot:
        terminal.say(f"Written: {plot}")


@app.command("list")
def list_screenings(json: JSON = False) -> None:
    """List the screenings of this home, the one last worked on first."""
    from dataclasses import asdict

    from retort.agent.triage.screening import Screening

    found = Screening.listing(Settings.from_environment().sessions_path)
    if json:
        terminal.emit([asdict(summary) for summary in found])
        return
    if not found:
        terminal.say("No screening was begun yet: retort chat, then Triage")
        return
    lines = [(one.name, f"{one.screened:,}/{one.total:,}", one.included) for one in found]
    print(terminal.table(lines, ("screening", "screened", "included")))


@app.command()
def delete(
    name: Annotated[str, typer.Argument(help="The screening's name; retort triage list.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JSON = False,
) -> None:
    """Delete a screening with its records, decisions and notes; export it before."""
    from retort.agent.triage.screening import Screening

    path = _begun(name)
    if not yes:
        terminal.confirm(f'Delete the screening "{name}"')
    Screening.remove(path, name)
    if json:
        terminal.emit({"deleted": name})
    terminal.say(f'Deleted: "{name}"')


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="The screening's name; retort triage list.")],
    output: Annotated[
        Path | None, typer.Option(help="File: .csv or .ris; default CSV to stdout.")
    ] = None,
    json: JSON = False,
) -> None:
    """Write all records of a screening with decision, note, score and rank; tell PRISMA counts."""
    from retort.agent.triage.screening import Screening

    if output:
        _check(output)
    screening = Screening.open(_begun(name), name)
    try:
        rows, counts = screening.rows(), screening.prisma()
    finally:
        screening.close()
    if output:
        _write(output, rows)
    if json:
        terminal.emit({"name": name, "prisma": counts, "output": str(output or "")})
    elif not output:
        from retort.agent.triage.export import csv

        sys.stdout.write(csv(rows))
        sys.stdout.flush()
    terminal.say(", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items()))


def _summary(taken: Intake, unfit: int, judged: Judged | None) -> dict[str, Any]:
    """What was ranked, on the wire; ``unfit`` have a possible exclusion."""
    return {
        "records": len(taken.records),
        "duplicates_removed": taken.duplicates,
        "labels": len({decision.record_id for decision in taken.decisions}),
        "conflicts": len(taken.conflicts),
        "skipped": len(taken.skipped),
        "files_failed": len(taken.failed),
        "possible_exclusions": unfit,
        "judged": judged and judged.as_dict(),
    }


def _top(settings: Settings, wanted: Criteria, asked: int | None) -> int:
    """How many records are to be judged.

    Raises:
        UsageError: it was asked for, and there is nothing to judge by, or nobody who can.
    """
    from retort.agent.triage.judging import is_capable

    if asked is None:
        return TOP if is_capable(settings.model) and not wanted.is_empty else 0
    if asked and wanted.is_empty:
        raise UsageError(
            "There is nothing to judge by.",
            "A language model judges by criteria, and none were given.",
            '--criteria "adults with migraine; triptans; randomised trials"',
        )
    if asked and not is_capable(settings.model):
        from retort.agent.models.select import choose

        why = "asked for"
        if settings.model == "auto":
            choice = choose(settings.quantisation)
            if is_capable(choice.spec):
                return asked
            why = choice.why
        raise UsageError(
            "The embedded model cannot judge records.",
            f"It plans and writes, and is no language model that reads ({why}).",
            "--model hf:NAME-OR-PATH or --model http://HOST:PORT/v1#MODEL; or leave --judge out",
        )
    return asked


def _judge(
    settings: Settings, wanted: Criteria, best: Sequence[Record], workers: int
) -> tuple[Verdicts | None, Judged]:
    """Have the best records judged. Whatever fails or is stopped, the ranking stands."""
    from retort.agent.models.select import load_model
    from retort.agent.opening import keep_log
    from retort.agent.triage.judging import ChatJudge
    from retort.agent.triage.store import Store
    from retort.agent.triage.verdicts import Judged, Verdicts, judge_all

    verdicts, error = None, None
    try:
        keep_log(settings)
        with closing(Store(settings.sessions_path)) as kept:
            verdicts = Verdicts(kept, wanted)
            loaded = load_model(settings, partial(_encoder, settings))
            terminal.say(f"Judging with {loaded.name} ({loaded.why})")
            stop = stop_on_interrupt()
            with bar("Judging") as advance:
                judge = ChatJudge(loaded.model, loaded.name)
                return verdicts, judge_all(verdicts, best, judge, workers, stop, advance)
    except KeyboardInterrupt:
        terminal.say("Stopped.")
    except RetortError as failure:
        error = failure
    return verdicts, Judged(0, 0, 0, len(best), error)


def _tell_judged(judged: Judged) -> None:
    if judged.error:
        terminal.show_error(judged.error)
    told = [f"{judged.asked:,} records judged", f"{judged.before:,} were judged before"]
    told += [f"{judged.failed:,} failed"] * bool(judged.failed)
    told += [f"{judged.left:,} left: run the same command again"] * bool(judged.left)
    terminal.say(", ".join(told))


def _begun(name: str) -> Path:
    """The file of the screenings, which only reading does not make."""
    path = Settings.from_environment().sessions_path
    if not path.exists():
        raise UsageError(
            f'No screening is called "{name}".', "None was begun yet.", "retort chat, then Triage"
        )
    return path


def _read(criteria: str) -> Criteria:
    from retort.agent.triage import criteria as reading
    from retort.agent.triage.records import Criteria

    return reading.read(criteria) if criteria else Criteria()


def _check(output: Path, *read: Path | None) -> None:
    """Refuse a file that cannot be written, or that is read, before any work.

    Raises:
        UsageError: its name says no format, or it is one of those read.
    """
    if any(given and output.resolve() == given.resolve() for given in read):
        raise UsageError(
            f"{output} is what is read.",
            "The ranking would be written over the file that it is made of.",
            "Give another --output file.",
        )
    if output.suffix.lower() not in (".csv", ".ris"):
        raise UsageError(
            f"No records can be written to {output}.",
            "The end of the name says the format: .csv or .ris.",
            "--output RANKED.csv",
        )


def _write(output: Path, rows: Sequence[Shown]) -> None:
    from retort.agent.triage.export import FORMATS

    text = FORMATS[output.suffix.lower()[1:]](rows)
    write_whole(output, text.encode("utf-8", "replace"))


def _encoder(settings: Settings) -> Encoder:
    from retort.retrieval.encode import load_encoder

    return load_encoder(settings.encoder, settings.offline)


def _cache(settings: Settings) -> Path:
    return settings.cache_path / "triage"


def _tell(taken: Intake) -> None:
    """What came in that needs a look."""
    unreadable = sum(not record.text for record in taken.records)
    no_abstract = sum(not record.abstract for record in taken.records) - unreadable
    told = [f"{len(taken.records):,} records"]
    told += [f"{taken.duplicates:,} duplicates merged"] * bool(taken.duplicates)
    told += [f"{no_abstract:,} without abstract"] * bool(no_abstract)
    told += [f"{unreadable:,} with neither title nor abstract, ranked last"] * bool(unreadable)
    terminal.say(", ".join(told))
    for conflict in taken.conflicts[:SHOWN]:
        both = " and ".join(conflict.labels)
        terminal.say(f"! {conflict.record_id} is labelled {both}: it counts as undecided")
    for line in taken.failed[:SHOWN] + taken.skipped[:SHOWN]:
        terminal.say(f"! {line}")
    several = (
        ("conflicts", taken.conflicts),
        ("files that could not be read", taken.failed),
        ("lines like these", taken.skipped),
    )
    for what, found in several:
        if len(found) > SHOWN:
            terminal.say(f"! {len(found)} {what} in all")


def _report(made: Replay) -> str:
    at = ", ".join(f"{value:.3f} at {share} %" for share, value in made.recall_at.items())
    return (
        f"{len(made.order):,} records, {made.relevant:,} relevant\n"
        f"WSS@95     {made.wss95:.3f}\n"
        f"recall     {at}\n"
        f"stop rule  recall {made.stop_recall:.3f} with {made.stop_share:.1%} read"
    )
