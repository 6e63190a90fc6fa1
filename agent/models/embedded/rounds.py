"""The rounds of calls after the first, and which results belong to which part of a question.

A look-up in a database that comes back empty is followed by a wider one, then by a search of the
literature. Owns when that is so. Plans no question and writes no answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from retort.agent.models.embedded import topics
from retort.agent.models.embedded.calls import search
from retort.agent.models.embedded.dialogue import Call, Result
from retort.agent.models.embedded.planner import MAX_CALLS, Plan

_PREDICTORS = frozenset({"predict_property", "explain_prediction"})


def further(plan: Plan, results: Sequence[Result], tools: Collection[str]) -> tuple[Call, ...]:
    """The calls of the next round: those not made yet, else what follows on each part's results."""
    more = [call for call in open_calls(plan, results) if call.name in tools]
    if not more:
        more = [c for part, own in shares(plan, results, tools) for c in follow(part, own, tools)]
    return tuple(call for i, call in enumerate(more) if call not in more[:i])[:MAX_CALLS]


def open_calls(plan: Plan, results: Sequence[Result]) -> list[Call]:
    """The calls of a plan that were not run yet; they run in their order."""
    made = [result.call for result in results]
    return [call for call in plan.calls[len(made) :] if call not in made]


def shares(
    plan: Plan, results: Sequence[Result], tools: Collection[str]
) -> tuple[tuple[Plan, list[Result]], ...]:
    """Each part with the results of its own calls and of those that followed on them."""
    if not plan.parts:
        return ((plan, list(results)),)
    found: list[tuple[Plan, list[Result]]] = []
    for part in plan.parts:
        own: list[Result] = []
        calls: Sequence[Call] = part.calls
        while new := [r for r in results if r.call in calls and r not in own]:
            own += new
            calls = follow(part, own, tools)
        found.append((part, own))
    return tuple(found)


def follow(plan: Plan, results: Sequence[Result], tools: Collection[str]) -> tuple[Call, ...]:
    """The calls that follow on the results of one part; () where these answer it.

    Where every look-up in a database came back empty, measured values of another type are looked
    for, then the literature. An efficiency that was asked for without a potency follows from the
    potency that was found.
    """
    if "efficiency" in plan.intents and (made := _efficiencies(results)):
        return made
    if wider := _wider(results):
        return wider
    if "search_literature" not in tools or not results:
        return ()
    names = {result.call.name for result in results}
    if names <= _PREDICTORS and not any(result.ok for result in results):
        names |= topics.LOOK_UPS  # no such predictor: a paper may tell
    if "search_literature" in names or not names & topics.LOOK_UPS:
        return ()
    if any(result.ok and not is_absence(result) for result in _decisive(results)):
        return ()
    if any(m.kind == "structure" for m in plan.entities.molecules):
        return ()
    return (search(plan.topic),)


def _efficiencies(results: Sequence[Result]) -> tuple[Call, ...]:
    """Ligand efficiencies from the best measured value of each molecule; () once they are there."""
    if any(result.call.name == "ligand_efficiency" for result in results):
        return ()
    calls = []
    for result in results:
        values = [
            item["record"]
            for item in result.evidence
            if item["record"].get("pchembl") and item["record"].get("units") == "nM"
        ]
        if result.call.name == "find_activities" and result.ok and values:
            best = next((value for value in values if not value.get("variant")), values[0])
            activity = f"{best['type']} {best['value']:g} nM"
            args = {"molecule": result.call.args["molecule"], "activity": activity}
            calls.append(Call("ligand_efficiency", args))
    return tuple(calls)


def _decisive(results: Sequence[Result]) -> Sequence[Result]:
    """The results that answer: of "does X inhibit Y", what was measured of the two together.

    That X has a mechanism of action on something else says nothing of Y.
    """
    pairs = [
        result
        for result in results
        if result.call.name == "find_activities" and {"target", "molecule"} <= set(result.call.args)
    ]
    return pairs or results


def _wider(results: Sequence[Result]) -> tuple[Call, ...]:
    """Activities of any type, for those of which there are none of the type that was asked for."""
    looked = [result for result in results if result.call.name == "find_activities"]
    if any(result.call.name not in topics.LOOK_UPS for result in results):
        return ()
    made = [dict(result.call.args) for result in looked]
    wider: list[Call] = []
    for result in looked:
        args = {k: v for k, v in result.call.args.items() if k != "activity_type"}
        is_narrow = result.ok and "activity_type" in result.call.args and is_absence(result)
        held = any("Without these filters" in str(item["quote"]) for item in result.evidence)
        if is_narrow and held and args not in made:
            wider.append(Call("find_activities", args))
    return tuple(wider)


def is_absence(result: Result) -> bool:
    """Whether a call succeeded in finding nothing."""
    return all(item["record"].get("record") == "absence" for item in result.evidence)
