"""The tools by hand: ``retort tools``, ``retort call`` and ``retort predict``."""

from __future__ import annotations

import json as jsonlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError
from retort.ui import terminal
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON, Library
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.tools.predictors.predictors import Predictors


def list_tools(json: JSON = False) -> None:
    """List the tools that the model may call; with --json their schemas."""
    from langchain_core.utils.function_calling import convert_to_openai_tool

    tools = _tools(Settings.from_environment())
    if json:
        terminal.emit([convert_to_openai_tool(tool)["function"] for tool in tools])
        return
    rows = [(tool.name, ", ".join(tool.args), _first_sentence(tool.description)) for tool in tools]
    print(terminal.table(rows, ("tool", "arguments", "what it does")))


def call(
    tool: Annotated[str, typer.Argument(help="Name of the tool; retort tools lists them.")],
    arguments: Annotated[str, typer.Argument(help='JSON: {"molecule": "imatinib"}')] = "{}",
    library: Library = None,
    json: JSON = False,
) -> None:
    """Call a tool by hand, exactly as the model would."""
    from pydantic import ValidationError

    tools = {item.name: item for item in _tools(Settings.from_environment(library=library))}
    if tool not in tools:
        raise UsageError(
            f"No tool named {tool!r}.", f"There are: {', '.join(tools)}.", "retort tools"
        )
    try:
        args = jsonlib.loads(arguments)
        if not isinstance(args, dict):
            raise ValueError("not an object")
    except ValueError as error:
        raise UsageError(
            f"The arguments are not a JSON object: {arguments}", f"{error}.", _usage(tools[tool])
        ) from None
    try:
        message = tools[tool].invoke({"name": tool, "args": args, "id": "1", "type": "tool_call"})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(f"Wrong arguments for {tool}.", problems, _usage(tools[tool])) from None
    if json:
        terminal.emit(message.artifact.as_dict())
    else:
        print(message.text)


def predict(
    smiles: Annotated[list[str] | None, typer.Argument(help="Structures as SMILES.")] = None,
    endpoint: Annotated[list[str] | None, typer.Option(help="Only these endpoints.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the endpoints.")] = False,
    input: Annotated[Path | None, typer.Option(help="A CSV, TSV, SMILES or SD file.")] = None,
    smiles_column: Annotated[str | None, typer.Option(help="Column of the structures.")] = None,
    output: Annotated[Path | None, typer.Option(help="CSV; a rerun goes on.")] = None,
    json: JSON = False,
) -> None:
    """Predict properties of structures, with intervals and a domain flag.

    With --input and --output, of a whole file: each row of it with the predictions beside it.
    """
    from retort.tools.predictors.predictors import Predictors

    predictors = Predictors.load()
    if show_list:
        _show_endpoints([item.as_dict() for item in predictors.endpoints()], json)
        return
    if input or output:
        if not input or not output or smiles:
            raise UsageError(
                "A file is predicted into a file.",
                "It needs --input and --output, and no structures beside them.",
                "retort predict --input FILE.csv --output OUT.csv",
            )
        _predict_file(predictors, input, smiles_column, output, endpoint, json)
        return
    if not smiles:
        raise UsageError(
            "No structure was given.", "There is nothing to predict.", "retort predict CCO"
        )
    rows = [item.as_dict() for item in predictors.predict(smiles, endpoint or None)]
    if json:
        terminal.emit(rows)
    else:
        print(terminal.table([_cells(row) for row in rows], _HEADER))
    failed = sum(row["error"] is not None for row in rows)
    raise typer.Exit(0 if not failed else 1 if failed == len(rows) else 3)


def _predict_file(
    predictors: Predictors,
    source: Path,
    smiles_column: str | None,
    output: Path,
    endpoints: list[str] | None,
    json: bool,
) -> None:
    from retort.tools.predictors.table import predict_file
    from retort.tools.structure_files import open_structures

    structures = open_structures(source, smiles_column)
    stop = stop_on_interrupt()
    with bar("Predicting") as advance:
        made = predict_file(predictors, structures, output, endpoints or None, advance, stop)
    left = made.total - made.done
    if json:
        terminal.emit(asdict(made) | {"left": left, "output": str(output)})
    terminal.say(
        f"{made.done:,} of {made.total:,} rows predicted ({made.failed:,} failed), "
        f"{made.resumed:,} were done before: {output}"
    )
    none_went_well = left > 0 or (made.failed == made.total > 0)
    raise typer.Exit(1 if none_went_well else 3 if made.failed else 0)


_HEADER = ("structure", "predicted", "value", "90 % interval", "unit", "domain", "nearest")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    if row["error"]:
        error = row["error"]
        return (
            row["smiles"],
            row["endpoint"] or "-",
            "error",
            f"{error['what']} {error['why']}",
            "",
            "",
            "",
        )
    low, high = row["interval"]
    domain = "inside" if row["in_domain"] else "OUTSIDE"
    return (
        row["smiles"],
        row["endpoint"],
        f"{row['value']:.2f}",
        f"{low:.2f} to {high:.2f}",
        row["unit"],
        domain,
        f"{row['nearest_training_similarity']:.2f}",
    )


def _show_endpoints(rows: list[dict[str, Any]], json: bool) -> None:
    if json:
        terminal.emit(rows)
        return
    cells = [
        (row["endpoint"], row["kind"], row["unit"] or "probability", row["model"], row["label"])
        for row in rows
    ]
    print(terminal.table(cells, ("endpoint", "kind", "unit", "model", "what")))
    terminal.say("The model cards: retort predict --list --json")


def _tools(settings: Settings) -> list[Any]:
    from retort.agent.bench import BenchMaker

    benches = BenchMaker(settings)
    return benches.tools(benches.make())


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).split(". ")[0].rstrip(".") + "."


def _usage(tool: Any) -> str:
    example = jsonlib.dumps({name: spec.get("type", "...") for name, spec in tool.args.items()})
    return f"retort call {tool.name} '{example}'"
