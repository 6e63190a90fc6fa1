"""The commands ``retort triage rank``, ``simulate``, ``list`` and ``export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError
from retort.ui import terminal
from retort.ui.files import write_whole
from retort.ui.options import JSON
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.agent.triage.intake import Intake
    from retort.agent.triage.simulate import Replay

app = typer.Typer(
    help="Screen many records: rank them, replay a labelled set, export what was decided.",
    no_args_is_help=True,
)
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
    json: JSON = False,
) -> None:
    """Rank records by criteria and by the labels that they bring, or that --labels gives."""
    from retort.agent.triage import intake, ranked

    _check(output)
    wanted = _read(criteria)
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
    settings = Settings.from_environment()
    with bar("Reading") as advance:
        rows = ranked.rank(taken, wanted, _encoder(settings, words_only), _cache(settings), advance)
    _write(output, rows)
    summary = {
        "records": len(taken.records),
        "duplicates_removed": taken.duplicates,
        "labels": len({decision.record_id for decision in taken.decisions}),
        "conflicts": len(taken.conflicts),
        "skipped": len(taken.skipped),
        "output": str(output),
    }
    if json:
        terminal.emit(summary)
    terminal.say(f"{len(rows):,} records ranked by {rows[0].ranking}: {output}")


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
    encoder = _encoder(settings, words_only)
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
    lines = [(one.name, f"{one.screened:,}/{one.total:,}", one.included) for one in found]
    print(terminal.table(lines, ("screening", "screened", "included")))


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
    settings = Settings.from_environment()
    if not settings.sessions_path.exists():
        raise UsageError(
            f'No screening is called "{name}".', "None was begun yet.", "retort chat, then Triage"
        )
    screening = Screening.open(settings.sessions_path, name)
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


def _read(criteria: str) -> Any:
    from retort.agent.triage import criteria as reading
    from retort.agent.triage.records import Criteria

    return reading.read(criteria) if criteria else Criteria()


def _check(output: Path) -> None:
    if output.suffix.lower() not in (".csv", ".ris"):
        raise UsageError(
            f"No records can be written to {output}.",
            "The end of the name says the format: .csv or .ris.",
            "--output RANKED.csv",
        )


def _write(output: Path, rows: Any) -> None:
    from retort.agent.triage.export import FORMATS

    text = FORMATS[output.suffix.lower()[1:]](rows)
    write_whole(output, text.encode("utf-8", "replace"))


def _encoder(settings: Settings, words_only: bool) -> Any:
    if words_only:
        return None
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
    for line in taken.skipped[:SHOWN]:
        terminal.say(f"! {line}")
    for what, found in (("conflicts", taken.conflicts), ("skipped records", taken.skipped)):
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
