"""The commands of the literature library: ``retort library ...`` and ``retort search``."""

from __future__ import annotations

import json as jsonlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError, UsageError
from retort.ui import cli_upkeep, terminal
from retort.ui.engine import cluster, helpers
from retort.ui.options import JSON, Address, Engine, Library
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.retrieval.library import Library as Store
    from retort.retrieval.records import Hit

app = typer.Typer(help="The literature library.", no_args_is_help=True, rich_markup_mode=None)

for command in (cli_upkeep.remove, cli_upkeep.rebuild, cli_upkeep.verify):
    app.command()(command)

Mode = Annotated[str, typer.Option(help="fused, rrf, lexical or dense.")]


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    engine: Engine = "local",
    address: Address = "",
    library: Library = None,
    json: JSON = False,
) -> None:
    """Add files, folders and archives: papers of every format that is read, told by content.

    PDF, JATS/PMC XML, PubMed XML, MEDLINE/.nbib, RIS, BibTeX, CSV and TSV exports, JSONL, Markdown,
    HTML, text, ClinicalTrials.gov JSON; also within ZIP and tar.
    """
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
    place = settings.library_place()
    offline = settings.offline
    with (
        cluster(engine, address, 0, offline) as found,
        Store.open(place, settings.encoder, create=True, offline=offline) as store,
    ):
        with helpers(found, store, offline) as ahead, bar("Reading") as advance:
            report = add_paths(store, paths, advance, ahead)
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
    tried = sum(row["status"] != "ignored" for row in rows)
    if not tried:
        terminal.show_error(
            RetortError(
                "Nothing was added.",
                f"Files of a format that is read: none of {len(rows):,}."
                if rows
                else "There is no file there.",
                "retort library add --help names the formats.",
            )
        )
    raise typer.Exit(1 if failed == tried else 3 if failed else 0)


def _show_files(rows: list[dict[str, Any]]) -> None:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
        if row["status"] == "failed":
            terminal.say(f"failed: {row['path']}: {_told(row['error'])}")
        elif row["status"] == "ignored":
            terminal.say(f"ignored: {row['path']}: {row['error']['why']}")
        elif row["skipped"] or row["merged"]:
            terminal.say(
                f"{row['path']}: {row['papers']:,} papers, {row['skipped']:,} records skipped, "
                f"{row['merged']:,} merged"
            )
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
    with Store.open(settings.library_place(), settings.encoder, offline=settings.offline) as store:
        facts = store.status()
    if json:
        terminal.emit(facts)
        return
    for name, value in facts.items():
        if name.endswith("_files"):
            for row in value:
                terminal.tell(
                    f"  {name.removesuffix('_files')}: {row['path']}: {_told(row['error'])}"
                )
        elif name == "files":
            print(f"files: {_counted(value)}")
        elif name == "index":
            print(f"index: {', '.join(f'{part} {each}' for part, each in value.items())}")
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
    year: Annotated[str, typer.Option(help="Years: 2010-2020, 2010-, -2020 or 2018.")] = "",
    journal: Annotated[list[str] | None, typer.Option(help="Journal; repeatable.")] = None,
    mesh: Annotated[list[str] | None, typer.Option(help="MeSH heading; repeatable.")] = None,
    type: Annotated[list[str] | None, typer.Option(help="Publication type; repeatable.")] = None,
    paper: Annotated[list[str] | None, typer.Option(help="Id of a paper; repeatable.")] = None,
    no_retracted: Annotated[
        bool, typer.Option("--no-retracted", help="Leave out retracted papers.")
    ] = False,
    per_paper: Annotated[int, typer.Option(min=1, help="Passages of one paper at most.")] = 3,
    around: Annotated[
        int, typer.Option(min=0, help="Passages shown before and after each hit.")
    ] = 0,
    rerank: Annotated[
        str | None,
        typer.Option(help="Cross-encoder that orders the hits: name or path (RETORT_RERANKER)."),
    ] = None,
    library: Library = None,
    json: JSON = False,
) -> None:
    """Search the library; or many queries from a file with --queries."""
    from retort.retrieval.filters import years_of
    from retort.retrieval.library import Library as Store
    from retort.retrieval.records import Filter
    from retort.retrieval.rerank import load_reranker
    from retort.retrieval.search import check, search_many

    check(k, mode, per_paper)
    if (query is None) == (queries is None):
        raise UsageError(
            "Give a query, or a file of queries.", "Exactly one is needed.", 'retort search "QUERY"'
        )
    wanted = Filter(
        years_of(year),
        journals=tuple(journal or ()),
        mesh=tuple(mesh or ()),
        publication_types=tuple(type or ()),
        paper_ids=tuple(paper or ()),
        exclude_retracted=no_retracted,
    )
    settings = Settings.from_environment(library=library, reranker=rerank)
    asked = _read_queries(queries) if queries else [("", query or "")]
    with Store.open(settings.library_place(), settings.encoder, offline=settings.offline) as store:
        spec = settings.reranker
        reranker = load_reranker(spec, settings.offline) if spec else None
        texts = [text for _, text in asked]
        found = search_many(store, texts, k, mode, per_paper, wanted, reranker)
        shown = [[_row(store, hit, around) for hit in hits] for hits in found]
    if queries:
        for (query_id, _), rows in zip(asked, shown, strict=True):
            terminal.emit({"id": query_id, "hits": rows})
        return
    (hits,), (rows,) = found, shown
    if json:
        terminal.emit(rows)
        return
    for hit, row in zip(hits, rows, strict=True):
        section = f" | {hit.passage.section}" if hit.passage.section else ""
        print(f"{hit.rank:3}  {hit.score:.3f}  {hit.source_id} | {hit.title}{section}")
        if hit.retracted:
            print(f"     ! Retracted. {hit.retraction}".rstrip())
        for near in row.get("around") or [{"text": hit.passage.text}]:
            print(f"     {_shorten(near['text'])}")
    if not hits:
        terminal.say("Nothing found. retort library status says what there is to search.")


def _row(store: Store, hit: Hit, around: int) -> dict[str, Any]:
    """A hit on the wire, with the passages around it where they are asked for."""
    from retort.retrieval.search import neighbours

    row: dict[str, Any] = hit.as_dict()
    if around:
        near = neighbours(store, hit.passage.passage_id, around, around)
        fields = ("passage_id", "text", "start", "end")
        row["around"] = [{name: getattr(one, name) for name in fields} for one in near]
    return row


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
