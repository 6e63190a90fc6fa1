"""The commands of the literature library: ``retort library ...`` and ``retort search``."""

from __future__ import annotations

import json as jsonlib
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError
from retort.ui import terminal
from retort.ui.options import JSON, Library
from retort.ui.progress import bar

app = typer.Typer(help="The literature library.", no_args_is_help=True, rich_markup_mode=None)

Mode = Annotated[str, typer.Option(help="fused, lexical or dense.")]


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    library: Library = None,
    json: JSON = False,
) -> None:
    """Add files: JSONL, MEDLINE/.nbib, PubMed XML, PDF, Markdown, text; told apart by content."""
    from retort.retrieval.ingest import add_paths
    from retort.retrieval.library import Library as Store

    settings = Settings.from_environment(library=library)
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        raise UsageError(
            f"Cannot find {str(missing[0])!r}.",
            "There is no such file or folder, or it may not be looked at. Nothing was added.",
            "retort library add PATH",
        )
    path = settings.library_path()
    with Store.open(path, settings.encoder, create=True, offline=settings.offline) as store:
        with bar("Reading") as advance:
            report = add_paths(store, paths, progress=advance)
        papers, passages = store.count()
    rows = [row.as_dict() for row in report.files]
    if json:
        terminal.emit(
            {"library": settings.library, "papers": papers, "passages": passages, "files": rows}
        )
    else:
        _show_files(rows)
        print(f"Library {settings.library}: {papers:,} papers, {passages:,} passages")
    failed = sum(row["status"] == "failed" for row in rows)
    raise typer.Exit(0 if not failed else 1 if failed == len(rows) else 3)


def _show_files(rows: list[dict[str, Any]]) -> None:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
        if row["status"] == "failed":
            terminal.say(f"failed: {row['path']}: {_told(row['error'])}")
        elif row["skipped"]:
            terminal.say(f"{row['path']}: {row['skipped']} records skipped")
    print(f"Files: {_counted(counts)}")


def _counted(counts: dict[str, int]) -> str:
    """How many files went which way: "4 added, 1 failed"."""
    return ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items())) or "none"


def _told(error: dict[str, str]) -> str:
    return " ".join(error[part] for part in ("what", "why", "next") if error[part])


@app.command()
def status(library: Library = None, json: JSON = False) -> None:
    """Say what a library holds and how its files went."""
    from retort.retrieval.library import Library as Store

    settings = Settings.from_environment(library=library)
    with Store.open(settings.library_path(), settings.encoder, offline=settings.offline) as store:
        facts = store.status()
    if json:
        terminal.emit(facts)
        return
    for name, value in facts.items():
        if name == "failed_files":
            for row in value:
                print(f"  failed: {row['path']}: {_told(row['error'])}")
        elif name == "files":
            print(f"files: {_counted(value)}")
        else:
            print(
                f"{name.replace('_', ' ')}: {value:,}"
                if isinstance(value, int)
                else f"{name}: {value}"
            )


def search(
    query: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Hits per query.")] = 10,
    queries: Annotated[
        Path | None, typer.Option(help='JSONL of {"id", "text"}; one line of hits per query.')
    ] = None,
    mode: Mode = "fused",
    library: Library = None,
    json: JSON = False,
) -> None:
    """Search the library; or many queries from a file with --queries."""
    from retort.retrieval.library import Library as Store
    from retort.retrieval.search import search as search_one
    from retort.retrieval.search import search_many

    if mode not in ("fused", "lexical", "dense"):
        raise UsageError(
            f"No search mode {mode!r}.", "There are fused, lexical, dense.", "--mode fused"
        )
    if (query is None) == (queries is None):
        raise UsageError(
            "Give a query, or a file of queries.", "Exactly one is needed.", 'retort search "QUERY"'
        )
    settings = Settings.from_environment(library=library)
    asked = _read_queries(queries) if queries else []
    with Store.open(settings.library_path(), settings.encoder, offline=settings.offline) as store:
        if queries:
            found = search_many(store, [text for _, text in asked], k, mode)
            for (query_id, _), hits in zip(asked, found, strict=True):
                terminal.emit({"id": query_id, "hits": [hit.as_dict() for hit in hits]})
            return
        hits = search_one(store, query or "", k, mode)
    if json:
        terminal.emit([hit.as_dict() for hit in hits])
        return
    for hit in hits:
        section = f" | {hit.passage.section}" if hit.passage.section else ""
        print(f"{hit.rank:3}  {hit.score:.3f}  {hit.source_id} | {hit.title}{section}")
        print(f"     {_shorten(hit.passage.text)}")
    if not hits:
        terminal.say("Nothing found. retort library status says what there is to search.")


def _read_queries(path: Path) -> list[tuple[str, str]]:
    asked = []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"It is not UTF-8: {error.reason}"
        raise UsageError(f"Cannot read {path}.", f"{why}.", "Give a JSONL file.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = jsonlib.loads(line)
            asked.append((str(row["id"]), str(row["text"])))
        except (ValueError, KeyError, TypeError):
            raise UsageError(
                f"Line {number} of {path} is no query.",
                'It must be {"id": "...", "text": "..."}.',
                "Correct the line.",
            ) from None
    return asked


def _shorten(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
