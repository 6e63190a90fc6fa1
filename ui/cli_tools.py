"""The tools by hand: ``retort tools``, ``retort call`` and ``retort predict``."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError, UsageError
from retort.ui import predictions, rows, terminal
from retort.ui.cli_calculate import told
from retort.ui.engine import cluster
from retort.ui.files import write_whole
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON, Address, Engine, Library
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.agent.cluster import Cluster
    from retort.tools.predictors.answers import PropertyModels
    from retort.tools.predictors.attribution import Attribution
    from retort.tools.predictors.predictors import Predictors
    from retort.tools.predictors.records import Endpoint
    from retort.tools.tables import Table


def list_tools(json: JSON = False) -> None:
    """List the tools that the model may call; with --json their schemas."""
    from langchain_core.utils.function_calling import convert_to_openai_tool

    tools = _tools(Settings.from_environment())
    if json:
        terminal.emit([convert_to_openai_tool(tool)["function"] for tool in tools])
        return
    lines = [(tool.name, ", ".join(tool.args), _first_sentence(tool.description)) for tool in tools]
    print(terminal.table(lines, ("tool", "arguments", "what it does")))


def call(
    tool: Annotated[str, typer.Argument(help="Name of the tool; retort tools lists them.")],
    arguments: Annotated[str, typer.Argument(help='JSON: {"molecule": "imatinib"}')] = "{}",
    output: Annotated[
        Path | None, typer.Option(help="The whole table, to a file: .csv or .sdf.")
    ] = None,
    library: Library = None,
    json: JSON = False,
) -> None:
    """Call a tool by hand, exactly as the model would."""
    from pydantic import ValidationError

    if output and output.suffix.lower() not in _TABLES:
        raise UsageError(
            f"No table can be written to {output}.",
            "The end of the name says the format: .csv or .sdf.",
            f"retort call {tool} '...' --output FILE.csv",
        )
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
    result = message.artifact
    if json:
        terminal.emit(result.as_dict())
    else:
        terminal.tell(message.text)
    if output:
        _write_table(output, tool, result.table)
    elif result.table and not json:
        terminal.tell(f"\n{rows.table_text(result.table)}")
        terminal.say(f"{rows.said(result.table)}; --output FILE.csv or FILE.sdf for all")


_TABLES = (".csv", ".sdf")
"""Ends of the names of files that a table can be written to."""


def _write_table(output: Path, tool: str, table: Table | None) -> None:
    if table is None:
        raise UsageError(
            f"{tool} gave no table here.",
            "A table comes where there are more than a few rows.",
            "Leave --output out; the result stands above.",
        )
    left_out = 0
    if output.suffix.lower() == ".csv":
        text = table.csv()
    else:
        text, left_out = table.sdf()
    write_whole(output, text.encode("utf-8", "replace"))
    without = f"; {left_out:,} without a readable structure left out" if left_out else ""
    terminal.say(f"Written: {output}, {len(table.rows) - left_out:,} rows{without}")


def predict(
    smiles: Annotated[list[str] | None, typer.Argument(help="Structures as SMILES.")] = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(help="Only these: names, or groups such as toxicity, targets, all."),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the endpoints.")] = False,
    card: Annotated[str | None, typer.Option(help="Print an endpoint's model card.")] = None,
    explain: Annotated[bool, typer.Option(help="Say what raises and lowers the value.")] = False,
    svg: Annotated[Path | None, typer.Option(help="With --explain: file of the drawing.")] = None,
    input: Annotated[Path | None, typer.Option(help="A CSV, TSV, SMILES or SD file.")] = None,
    smiles_column: Annotated[str | None, typer.Option(help="Column of the structures.")] = None,
    output: Annotated[Path | None, typer.Option(help="CSV; a rerun goes on.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes for a file; all cores if not given.")
    ] = None,
    engine: Engine = "local",
    address: Address = "",
    model: Annotated[
        Path | None, typer.Option(help="Your own: a folder of retort predictors finetune.")
    ] = None,
    trust_remote_code: Annotated[
        bool, typer.Option(help="With --model: run code that comes with the hub model in it.")
    ] = False,
    json: JSON = False,
) -> None:
    """Predict properties of structures, with intervals and a domain flag.

    Without --endpoint, of the ADMET profile. With --input and --output, of a whole file: each row
    of it with the predictions beside it. With --model, by a model of your own.
    """
    from retort.tools.predictors.own import OwnModel
    from retort.tools.predictors.predictors import Predictors

    settings = Settings.from_environment()
    load: Callable[[], PropertyModels] = partial(Predictors.load, settings.predictors_path)
    if model:
        load = partial(OwnModel, model, settings.offline, trust_remote_code)
    predictors = load()
    wanted = endpoint or ([] if model else ["admet"])
    if show_list or card:
        found = predictors.named([card]) if card else predictors.endpoints()
        _show_endpoints(found, bool(card or model), json)
        return
    if input or output:
        if not input or not output or smiles:
            raise UsageError(
                "A file is predicted into a file.",
                "It needs --input and --output, and no structures beside them.",
                "retort predict --input FILE.csv --output OUT.csv",
            )
        asked = partial(cluster, engine, address, workers or 0, settings.offline)
        _predict_file(load, predictors, input, smiles_column, output, wanted, workers, asked, json)
        return
    if not smiles:
        raise UsageError(
            "No structure was given.", "There is nothing to predict.", "retort predict CCO"
        )
    if explain or svg:
        if not isinstance(predictors, Predictors):
            raise UsageError(
                "A model of your own cannot be explained.",
                "Explanations mask fragments of a fingerprint, and it reads none.",
                "Leave --explain and --svg out, or leave --model out.",
            )
        _explain(predictors, smiles, endpoint or [], svg, json)
        return
    made = predictors.predict(smiles, wanted)
    if json:
        terminal.emit([row.as_dict() for row in made])
    else:
        terminal.tell(predictions.predictions(made))
    failed = sum(row.error is not None for row in made)
    raise typer.Exit(0 if not failed else 1 if failed == len(made) else 3)


def _predict_file(
    load: Callable[[], PropertyModels],
    predictors: PropertyModels,
    source: Path,
    smiles_column: str | None,
    output: Path,
    endpoints: list[str],
    workers: int | None,
    asked: Callable[[], AbstractContextManager[Cluster | None]],
    json: bool,
) -> None:
    from retort.tools.predictors.table import predict_file
    from retort.tools.structure_files import open_structures
    from retort.tools.workers import cores

    structures = open_structures(source, smiles_column)
    stop = stop_on_interrupt()
    with asked() as ray, bar("Predicting") as advance:
        made = predict_file(
            predictors,
            structures,
            output,
            endpoints,
            advance,
            stop,
            ray.workers if ray else workers or cores(),
            load,
            ray.mapped if ray else None,
        )
    raise typer.Exit(told(made, output, "predicted", json))


def _explain(
    predictors: Predictors, smiles: list[str], endpoints: list[str], svg: Path | None, json: bool
) -> None:
    from retort.tools.predictors import attribution, wording

    if len(smiles) != 1 or len(endpoints) != 1:
        raise UsageError(
            "One prediction is explained at a time.",
            f"There are {len(smiles)} structures and {len(endpoints)} endpoints.",
            "retort predict CCO --endpoint solubility --explain --svg why.svg",
        )
    found = attribution.explain(predictors, smiles[0], endpoints[0])
    (endpoint,) = predictors.named(endpoints)
    if json:
        terminal.emit({"endpoint": endpoint.name, "model": endpoint.model} | asdict(found))
    else:
        terminal.tell(wording.explanation(smiles[0], endpoint, found))
    if svg:
        _write_drawing(svg, found, endpoint.label)


def _write_drawing(path: Path, found: Attribution, label: str) -> None:
    from retort.tools.depict import draw_weights

    legend = f"predicted {label}: orange (+) raises it, blue (-) lowers it"
    drawing = draw_weights(found.smiles, found.weights, legend=legend, title=legend)
    try:
        path.write_text(f"{drawing}\n", encoding="utf-8")
    except OSError as error:
        raise RetortError(
            f"Cannot write {path}.", f"{error.strerror}.", "Give another --svg file."
        ) from error
    terminal.say(f"Drawing: {path}")


def _show_endpoints(found: list[Endpoint], whole: bool, json: bool) -> None:
    if json:
        terminal.emit([item.as_dict() for item in found])
    elif whole:
        terminal.tell("\n\n".join(predictions.card(item) for item in found))
    else:
        print(predictions.endpoints(found))
        terminal.say("v: version, of model retort-ENDPOINT-VERSION. Scores are of scaffold folds.")
        terminal.say("A model card: retort predict --card NAME; all: retort predict --list --json")


def _tools(settings: Settings) -> list[Any]:
    from retort.agent.bench import BenchMaker

    benches = BenchMaker(settings)
    return benches.tools(benches.make())


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).split(". ")[0].rstrip(".") + "."


def _usage(tool: Any) -> str:
    example = jsonlib.dumps({name: spec.get("type", "...") for name, spec in tool.args.items()})
    return f"retort call {tool.name} '{example}'"
