"""From tool results to the text of an answer, or to the sentence that says there is none.

Owns the order of an answer and abstention. The words come from writers.py (records) and literature/
(papers); the plan says what was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from retort.agent.models.embedded import literature
from retort.agent.models.embedded.classifier import SentenceEncoder
from retort.agent.models.embedded.dialogue import Result
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.markup import capital, code, joined, mark
from retort.agent.models.embedded.parts import bare
from retort.agent.models.embedded.planner import Plan
from retort.agent.models.embedded.rounds import is_absence, open_calls
from retort.agent.models.embedded.verdicts import REPLACES, VERDICTS
from retort.agent.models.embedded.vocabulary import SALTS
from retort.agent.models.embedded.writers import WRITERS, heading
from retort.agent.records import ABSTENTION, OPEN, UNANSWERED
from retort.retrieval.sentences import sentences

_ABLE = (
    "I answer from sources: structures and calculated properties, rules and alerts, units "
    "and ligand efficiencies, ChEMBL's measured activities and selectivity, series on a target, "
    "similar structures, mechanisms, indications and warnings, predicted "
    "properties, and passages of the library"
)
_QUOTED = "papers"
"""the block of what papers say"""
_EXAMPLE = 'for example "What is the mechanism of action of osimertinib?"'
_HELP = f"{_ABLE}; {_EXAMPLE}."
_LACKING = {
    "molecule": "the question names no molecule, and none was spoken of before",
    "target": "the question names no target, and none was spoken of before",
    "pattern": "the question names no group or SMARTS pattern to look for",
}
_SOURCES = {
    "search_literature": "the library",
    "find_activities": "ChEMBL's activities",
    "find_mechanism": "ChEMBL's mechanisms",
    "find_indications": "ChEMBL's indications",
    "find_target": "ChEMBL's targets",
    "find_molecule": "ChEMBL's molecules",
    "find_selectivity": "ChEMBL's activities",
    "find_structure_activity": "ChEMBL's activities",
    "find_similar": "ChEMBL's structures",
    "find_with_substructure": "ChEMBL's structures",
    "find_warnings": "ChEMBL's drug warnings",
    "find_document": "ChEMBL's documents",
}


def compose(
    plan: Plan,
    shares: Sequence[tuple[Plan, Sequence[Result]]],
    gazetteer: Gazetteer,
    encoder: SentenceEncoder,
) -> str:
    """The answer to ``plan``, part after part, every statement with its evidence keys.

    A part that gets no answer is named in a line below, with the reason and what would help.

    Args:
        plan: what was asked.
        shares: each part of it with its results; the plan itself where it has one part.
        gazetteer: the names that the quotes are read with.
        encoder: chooses the quotes.
    """
    lines = [*_omitted(plan), *_not_run(shares)]
    if not plan.parts:
        return "\n\n".join([*_answer(plan, shares[0][1], gazetteer, encoder), *lines])
    told: list[str] = []
    reasons: dict[str, list[str]] = {}
    for part, results in shares:
        paragraphs = _answer(replace(part, assumed=()), results, gazetteer, encoder)
        if paragraphs[0].startswith(ABSTENTION):
            reason = paragraphs[0].removeprefix(f"{ABSTENTION}: ").removesuffix(_HELP)
            reasons.setdefault(capital(reason.strip()), []).append(f'"{bare(part.question)}"')
        else:
            told += paragraphs
    lines += [f"{OPEN}{joined(names)}. {reason}" for reason, names in reasons.items()]
    return "\n\n".join([*_assumptions(plan), *(told or [f"{ABSTENTION}."]), *lines])


def _omitted(plan: Plan) -> list[str]:
    """The line that names what the question names and no look-up was about; [] without any."""
    if not plan.omitted:
        return []
    words = joined([f'"{word}"' for word in plan.omitted])
    return [f"{OPEN}{words}. No look-up was about it. Ask for it alone."]


def _not_run(shares: Sequence[tuple[Plan, Sequence[Result]]]) -> list[str]:
    """The line that names whom the look-ups of partly answered parts were not run for."""
    missed = [call for part, own in shares if own for call in open_calls(part, own)]
    about = (call.args.get("molecule") or call.args.get("target") for call in missed)
    names = list(dict.fromkeys(f'"{name}"' for name in about if name))
    if not names:
        return []
    return [f"{OPEN}{joined(names)}. Not all look-ups were run in one answer. Ask for it alone."]


def _answer(
    plan: Plan, results: Sequence[Result], gazetteer: Gazetteer, encoder: SentenceEncoder
) -> list[str]:
    """The paragraphs of one part's answer, or the one that says that there is none."""
    blocks: dict[str, list[str]] = {}
    failed = [result for result in results if not result.ok]
    absent = [result for result in results if result.ok and is_absence(result)]
    silent: list[Result] = []
    unheard: list[str] = []
    replaced = [r for r in absent if _is_replaced(r, results)]
    absent = [r for r in absent if r not in replaced]
    for name, write in WRITERS.items():
        found = [r for r in results if r.ok and r.call.name == name and not is_absence(r)]
        if not found:
            continue
        parts = blocks.setdefault(heading(name), [])
        if name == "find_activities":
            parts += [_instead(r) for r in replaced]
        verdict = VERDICTS[name](plan.question, found) if name in VERDICTS else ""
        parts += [verdict] if verdict else []
        if not (verdict and name in REPLACES and len(found) == 1):
            parts.append(write(found))
    for result in results:
        if result.ok and result.call.name == "search_literature" and not is_absence(result):
            text = _literature(result, plan.is_out_of_scope, gazetteer, encoder)
            if text:
                blocks.setdefault(_QUOTED, []).append(text)
            else:
                silent.append(result)
                unheard += literature.unheard(_query(result), result.evidence, encoder)
    if not blocks:
        return [abstain(plan, failed, absent, silent, unheard)]
    return [*_assumptions(plan), *_under_headings(blocks), *_gaps(failed, absent, silent)]


def _under_headings(blocks: Mapping[str, Sequence[str]]) -> list[str]:
    """The parts of an answer; each kind of value under its own heading where papers stand beside.

    The line above the quotes is the papers' heading.
    """
    if len(blocks) == 1 or _QUOTED not in blocks:
        return [part for parts in blocks.values() for part in parts]
    return [
        part
        for kind, parts in blocks.items()
        for part in ([kind, *parts] if kind != _QUOTED else parts)
    ]


def abstain(
    plan: Plan,
    failed: Sequence[Result] = (),
    absent: Sequence[Result] = (),
    silent: Sequence[Result] = (),
    unheard: Sequence[str] = (),
) -> str:
    """Why there is no answer, what was searched, and how to add what is missing.

    Args:
        plan: what was asked.
        failed: calls that raised an error.
        absent: calls that found nothing.
        silent: searches whose passages do not answer.
        unheard: the words that none of those passages speaks of.
    """
    if plan.calls and not (failed or absent or silent):
        return f"{ABSTENTION}: this part's look-ups were not run within one answer. Ask it alone."
    if plan.is_greeting or not (failed or absent or silent or plan.lacking or plan.is_out_of_scope):
        return f"{ABSTENTION}: that asks for nothing that I can look up. {_HELP}"
    reasons = [result.text.rstrip(".") for result in failed]
    reasons += [f"{_quoted(result).rstrip('.')} {_keys(result)}".strip() for result in absent]
    if plan.is_out_of_scope:
        reasons = ["I recognise no molecule, target or topic of the library in this question"]
    elif plan.lacking:
        reasons.append(_LACKING[plan.lacking])
    elif silent:
        reasons.append(
            "No passage of the library answers it"
            if reasons
            else "no passage of the library answers it"
        )
        if unheard:
            words = joined([f'"{word}"' for word in dict.fromkeys(unheard)])
            reasons[-1] += f", and none of those found speaks of {words}"
    text = f"{ABSTENTION}: {'. '.join(dict.fromkeys(reasons))}."
    searched = [_searched(plan, result) for result in (*failed, *absent, *silent)]
    if searched := list(dict.fromkeys(part for part in searched if part)):
        text += f" Searched: {'; '.join(searched)}."
    return f"{text} {_next(plan, failed, absent, silent)}".rstrip()


def _next(
    plan: Plan, failed: Sequence[Result], absent: Sequence[Result], silent: Sequence[Result]
) -> str:
    """How to add what is missing."""
    if plan.is_out_of_scope:
        return _HELP
    if plan.lacking and not (absent or silent):
        return "Name it in the question, or give a SMILES or a ChEMBL id."
    if silent or any(result.call.name == "search_literature" for result in absent):
        return "To add papers: `retort library add PATH`."
    if absent:
        return "To search more: set RETORT_CHEMBL to a ChEMBL SQLite file, or to `web`."
    return ""


def _literature(
    result: Result, is_doubtful: bool, gazetteer: Gazetteer, encoder: SentenceEncoder
) -> str:
    query = _query(result)
    named = find_entities(query, gazetteer)
    quotes = literature.choose(query, named, result.evidence, encoder, is_doubtful)
    return literature.write(query, quotes) if quotes else ""


def _query(result: Result) -> str:
    return str(result.call.args.get("query", ""))


def _assumptions(plan: Plan) -> list[str]:
    salts = [m for m in plan.assumed if SALTS.search(m.written) and m.written.startswith(m.text)]
    meant = [f'{m.text} by "{m.written}"' for m in plan.assumed if m not in salts]
    lines = [f"Assuming you mean {joined(meant)}:"] if meant else []
    lines += [f'For {m.text}, the parent of "{m.written}", without its counterion:' for m in salts]
    return lines


def _is_replaced(result: Result, results: Sequence[Result]) -> bool:
    """Whether values of another type were found where there are none of the type asked for."""
    args = {k: v for k, v in result.call.args.items() if k != "activity_type"}
    return "activity_type" in result.call.args and any(
        other.ok and dict(other.call.args) == args and not is_absence(other) for other in results
    )


def _instead(result: Result) -> str:
    """That there is nothing of the type asked for, before what there is of others."""
    quote = _quoted(result)
    start, end = sentences(quote)[0]
    return f"{quote[start:end].rstrip('.')} {_keys(result)}. Values of other types:"


def _gaps(
    failed: Sequence[Result], absent: Sequence[Result], silent: Sequence[Result]
) -> list[str]:
    """What of the question stays open, one line each, below what could be answered."""
    lines = [f"- {text}" for text in dict.fromkeys(result.text for result in failed)]
    lines += [f"- {_quoted(result).rstrip('.')} {_keys(result)}." for result in absent]
    lines += [f"- {UNANSWERED}" for _ in silent[:1]]
    return ["\n".join(["Not answered:", "", *lines])] if lines else []


def _quoted(result: Result) -> str:
    """The sentence in which a source says that it has nothing."""
    return " ".join(str(item["quote"]) for item in result.evidence) or result.text.splitlines()[0]


def _keys(result: Result) -> str:
    return mark(*result.evidence)


def _searched(plan: Plan, result: Result) -> str:
    """What one call searched, and for what; "" for calls that search nothing."""
    where = _SOURCES.get(result.call.name)
    if not where:
        return ""
    if result.call.name == "search_literature" and result.evidence:
        library = result.evidence[0]["record"].get("library")
        where = f'the library "{library}"' if library else where
    asked = [
        str(v)
        for k, v in result.call.args.items()
        if k in ("query", "molecule", "other", "target", "smarts", "disease", "document") and v
    ]
    told = " and ".join(code(part) if set(part) & set("=#()[]@") else part for part in asked)
    is_question = told.lower().strip(" ?.") == plan.question.lower().strip(" ?.")
    return where if is_question or not told else f"{where} for {told}"
