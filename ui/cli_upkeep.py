"""The commands that look after a library: ``retort library remove``, ``rebuild`` and ``verify``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError
from retort.ui import terminal
from retort.ui.options import JSON, Library
from retort.ui.progress import bar

TITLES_SHOWN = 10


def remove(
    paper_ids: Annotated[list[str] | None, typer.Argument(help="Ids of papers.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="What came from this file, as it was added.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All papers.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    library: Library = None,
    json: JSON = False,
) -> None:
    """Remove papers, what came from a file, or everything; says what goes, and asks."""
    from retort.retrieval.library import Library as Store

    if bool(paper_ids) + bool(file) + everything != 1:
        raise UsageError(
            "Say what to remove.",
            "Ids of papers, --file or --all: one of them.",
            "retort library remove PMID:12345",
        )
    settings = Settings.from_environment(library=library)
    path = os.path.realpath(file) if file else ""
    with Store.open(settings.library_place(), settings.encoder, offline=settings.offline) as store:
        removal = store.removal(paper_ids or (), path, everything)
        for paper in removal.papers[:TITLES_SHOWN]:
            terminal.say(f"  {paper.paper_id}  {paper.title}")
        if len(removal.papers) > TITLES_SHOWN:
            terminal.say(f"  and {len(removal.papers) - TITLES_SHOWN:,} more")
        count = len(removal.papers)
        papers = f"{count:,} paper{'s' * (count != 1)} from library {settings.library}"
        what = f"Remove {papers}"
        if removal.remade:
            what += f"; {removal.remade:,} more stay, as other files know them"
        if not yes:
            terminal.confirm(what)
        store.remove(removal)
    if json:
        terminal.emit({"library": settings.library, "removed": removal.as_dict()})
        return
    print(f"Removed {papers}")
    if removal.files:
        terminal.tell(f"They come back when these are added again: {', '.join(removal.files)}")


def rebuild(
    vectors: Annotated[
        bool,
        typer.Option("--vectors", help="Encode all passages anew, with the encoder of today."),
    ] = False,
    library: Library = None,
    json: JSON = False,
) -> None:
    """Make papers anew from their sources, and the caches from the papers.

    With --vectors a library changes its encoder (RETORT_ENCODER); a run that was killed goes on.
    """
    from retort.retrieval.encode import load_encoder
    from retort.retrieval.library import Library as Store

    settings = Settings.from_environment(library=library)
    encoder = load_encoder(settings.encoder, settings.offline) if vectors else None
    with Store.open(settings.library_place(), settings.encoder, offline=settings.offline) as store:
        with bar("Rebuilding") as advance:
            store.rebuild(encoder, lambda done, total: advance(done, total, ""))
        facts = store.status()
    if json:
        terminal.emit(facts)
        return
    print(
        f"Library {settings.library}: {facts['papers']:,} papers, {facts['passages']:,} passages, "
        f"encoder {facts['encoder']}"
    )


def verify(library: Library = None, json: JSON = False) -> None:
    """Check the file, papers, passages, vectors and indexes; exit code 1 if something is wrong."""
    from dataclasses import asdict

    from retort.retrieval.library import Library as Store

    settings = Settings.from_environment(library=library)
    with Store.open(settings.library_place(), settings.encoder, offline=settings.offline) as store:
        checks = store.verify()
    if json:
        terminal.emit({"library": settings.library, "checks": [asdict(each) for each in checks]})
    else:
        rows = [(c.name, "ok" if c.ok else "FAILED", c.found, c.fix) for c in checks]
        print(terminal.table(rows, ("check", "", "found", "fix")))
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)
