"""The tools by hand: ``retort tools``, ``retort call`` and ``retort predict``."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError, UsageError
from retort.ui import predictions, terminal
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON, Library
from retort.ui.progress import bar

if TYPE_CHECKING:
    from retort.tools.predictors.answers import PropertyModels
    from retort.tools.predictors.attribution import Attribution
    from retort.tools.predictors.predictors import Predictors
    from retort.tools.predictors.records import Endpoint


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
        _predict_file(load, predictors, input, smiles_column, output, wanted, workers, json)
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
    rows = predictors.predict(smiles, wanted)
    if json:
        terminal.emit([row.as_dict() for row in rows])
    else:
        print(predictions.predictions(rows))
    failed = sum(row.error is not None for row in rows)
    raise typer.Exit(0 if not failed else 1 if failed == len(rows) else 3)


def _predict_file(
    load: Callable[[], PropertyModels],
    predictors: PropertyModels,
    source: Path,
    smiles_column: str | None,
    output: Path,
    endpoints: list[str],
    workers: int | None,
    json: bool,
) -> None:
    from retort.tools.predictors.table import predict_file
    from retort.tools.predictors.workers import cores
    from retort.tools.structure_files import open_structures

    structures = open_structures(source, smiles_column)
    stop = stop_on_interrupt()
    with bar("Predicting") as advance:
        made = predict_file(
            predictors,
            structures,
            output,
            endpoints,
            advance,
            stop,
            workers or cores(),
            load,
        )
    left = made.total - made.done
    if json:
        terminal.emit(asdict(made) | {"left": left, "output": str(output)})
    terminal.say(
        f"{made.done:,} of {made.total:,} rows predicted ({made.failed:,} failed), "
        f"{made.resumed:,} were done before: {output}"
    )
    none_went_well = left > 0 or (made.failed == made.total > 0)
    raise typer.Exit(1 if none_went_well else 3 if made.failed else 0)


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
        print(wording.explanation(smiles[0], endpoint, found))
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
        print("\n\n".join(predictions.card(item) for item in found))
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
