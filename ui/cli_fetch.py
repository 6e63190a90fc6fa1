"""The command ``retort library fetch``: papers from PubMed and Europe PMC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from retort.agent.settings import Settings
from retort.ui import terminal
from retort.ui.options import JSON, Library
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.retrieval.fetch import Report

SHOWN = 10
"""records that were left out and are named one by one"""


def fetch(
    query: Annotated[str, typer.Argument(help="In the language of the source.")],
    max: Annotated[int, typer.Option(min=1, help="Records at most, best first.")] = 200,
    source: Annotated[str, typer.Option(help="pubmed or europepmc.")] = "pubmed",
    full_text: Annotated[
        bool, typer.Option("--full-text", help="Open full text too (europepmc).")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Search again; fetch what is new among the first MAX.")
    ] = False,
    library: Library = None,
    json: JSON = False,
) -> None:
    """Fetch papers that a query finds at PubMed or Europe PMC. Resumable: the same again goes on.

    Sent are the query, then the ids that it found, the name of this tool and, where set,
    RETORT_EMAIL and RETORT_NCBI_KEY; nothing of the library and no structure. RETORT_OFFLINE=1
    forbids it. PubMed's terms: https://www.ncbi.nlm.nih.gov/About/disclaimer.html
    """
    from retort.retrieval import fetch as fetching
    from retort.retrieval.library import Library as Store

    settings = Settings.from_environment(library=library)
    service = fetching.open_source(
        source,
        full_text=full_text,
        offline=settings.offline,
        email=settings.email,
        ncbi_key=settings.ncbi_key,
    )
    place = settings.library_place()
    with Store.open(place, settings.encoder, create=True, offline=settings.offline) as store:
        with bar("Fetching") as advance:
            report = fetching.fetch(store, service, query, max, update, advance)
        papers, passages = store.count()
    if json:
        totals = {"library": settings.library, "papers": papers, "passages": passages}
        terminal.emit(totals | report.as_dict())
    else:
        _show(report, service.title)
        print(f"Library {settings.library}: {papers:,} papers, {passages:,} passages")
    raise typer.Exit(3 if report.skipped else 0)


def _show(report: Report, title: str) -> None:
    if report.resumed:
        terminal.say("Went on where an earlier run had stopped.")
    if not report.searched:
        terminal.say("All of it is in; nothing was asked. --update searches again.")
    if report.translation:
        terminal.say(f"{title} searched for: {report.translation}")
    for note in report.notes:
        terminal.say(f"{title}: {note}")
    counts = {
        "found": report.found,
        "fetched": report.fetched,
        "fetched before": report.known,
        "added": report.added,
        "merged": report.merged,
        "unchanged": report.unchanged,
        "without abstract": report.without_abstract,
        "abstract only": len(report.abstract_only),
        "skipped": len(report.skipped),
    }
    for name, count in counts.items():
        if count or name in ("found", "fetched", "added"):
            print(f"{name}: {count:,}")
    _name("skipped", report.skipped)
    _name("abstract only", report.abstract_only)


def _name(what: str, rows: Sequence[tuple[str, str]]) -> None:
    for own, reason in rows[:SHOWN]:
        terminal.say(f"{what}: {own}: {reason}")
    if len(rows) > SHOWN:
        terminal.say(f"{what}: {len(rows) - SHOWN:,} more; --json names all")
