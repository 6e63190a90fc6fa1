"""The commands over a ChEMBL dump: ``retort chembl ...``."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError
from retort.ui import terminal
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON
from retort.ui.progress import bar

app = typer.Typer(help="Prepare a local ChEMBL dump.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def root() -> None:
    """Keeps ``index`` a command by its name while it is the only one."""


@app.command()
def index(
    path: Annotated[
        Path | None, typer.Argument(help="A ChEMBL SQLite file; default RETORT_CHEMBL.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="That make fingerprints; default all cores.")
    ] = None,
    json: JSON = False,
) -> None:
    """Build the indexes and fingerprints of a dump ahead of the first question.

    The dump is only read. A rerun of the same command goes on where the last one ended.
    """
    from retort.tools.chembl import describing, sidefile
    from retort.tools.chembl.database import Database
    from retort.tools.chembl.local import release_of

    settings = Settings.from_environment()
    if path is None and settings.chembl in ("starter", "web"):
        raise UsageError(
            "Which file?",
            f"RETORT_CHEMBL is {settings.chembl}, which has nothing to index.",
            "retort chembl index /path/chembl_35.db",
        )
    dump = (path or Path(settings.chembl)).expanduser()
    db = Database(dump)
    release = release_of(db)
    if not sidefile.is_large(dump):
        terminal.say(f"{dump.name} is small: it is searched as it is.")
        return
    started = time.monotonic()
    place = sidefile.place_for(dump, release, settings.cache_path)
    with bar("Indexing") as advance:
        sidefile.build_lookups(db, place, advance)
    stop = stop_on_interrupt()
    with bar("Fingerprinting, parts") as advance:
        cores = processes or os.cpu_count() or 1
        folder = describing.build_fingerprints(db, place, cores, advance, stop)
    if folder is None:
        terminal.say("Stopped; the same command goes on from here.")
        raise typer.Exit(1)
    seconds = round(time.monotonic() - started)
    if json:
        terminal.emit({"release": release, "folder": str(place.folder), "seconds": seconds})
    else:
        print(f"{release} is indexed ({seconds} s): {place.folder}")
