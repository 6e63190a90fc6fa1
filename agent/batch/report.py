"""What is read after a batch: a summary as CSV and a report in Markdown with the references.

Both are made anew from the file of answers at the end of every run, in the order of the questions.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from retort.agent.batch.evaluation import Estimate, Evaluation, Measures
from retort.agent.batch.records import LETTERS, Item, Line
from retort.agent.batch.writing import Answers
from retort.agent.checks import statements
from retort.agent.export import literal
from retort.agent.records import Answer
from retort.retrieval.errors import RetortError
from retort.tools.records import kind_word, retraction
from retort.tools.tables import written_csv

COLUMNS = (
    *("id", "question", "status", "answer", "choice", "citations", "seconds", "checks"),
    *("model", "error"),
)
_FIRST = 500
"""characters of an answer's first sentence in the summary"""
_SHARES = ("accuracy", "coverage", "precision", "exact", "citation_hits")


def summary_path(answers: Path) -> Path:
    """``ANSWERS.summary.csv`` beside ``ANSWERS.jsonl``."""
    return answers.with_name(f"{answers.name.removesuffix('.jsonl')}.summary.csv")


def report_path(answers: Path) -> Path:
    """``ANSWERS.report.md`` beside ``ANSWERS.jsonl``."""
    return answers.with_name(f"{answers.name.removesuffix('.jsonl')}.report.md")


def write(items: Sequence[Item], answers: Answers, evaluation: Evaluation | None) -> None:
    """Write both beside the answers; a kill meanwhile leaves those of before.

    Raises:
        RetortError: they cannot be written.
    """
    done = [item for item in items if item.id in answers.kept]

    def summarise(file: TextIO) -> None:
        file.write(written_csv(COLUMNS, [_row(answers.line(item.id)) for item in done]))

    def report(file: TextIO) -> None:
        for line in _report(items, answers, evaluation):
            file.write(line + "\n")

    _replace(summary_path(answers.path), summarise)
    _replace(report_path(answers.path), report)


def _replace(path: Path, fill: Callable[[TextIO], None]) -> None:
    new = path.with_name(f"{path.name}.tmp")
    try:
        try:
            with new.open("w", encoding="utf-8", newline="") as file:
                fill(file)
            os.replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RetortError(
            f"Cannot write {path}.",
            f"{error.strerror}. The answers themselves are saved.",
            "Make room and run the same command again; nothing is asked twice.",
        ) from error


def _row(line: Line) -> list[str | int | float | None]:
    first = next(iter(statements(line["answer"])), "")
    error = line["error"]
    return [
        line["id"],
        line["question"][:_FIRST],
        line["status"],
        first[:_FIRST],
        (line.get("choice") or {}).get("letter", ""),
        len(line["citations"]),
        line["seconds"],
        sum(1 for _ in Answer.from_dict(line).checks.findings()),
        line["model"],
        error["what"] if error else "",
    ]


def _report(
    items: Sequence[Item], answers: Answers, evaluation: Evaluation | None
) -> Iterator[str]:
    kept = [answers.kept[item.id] for item in items if item.id in answers.kept]
    counts = Counter(each.status for each in kept)
    yield f"# {literal(answers.path.name)}\n"
    yield f"{len(items):,} questions, {len(kept):,} in this file.\n"
    yield from _table(("status", "questions"), [(name, str(n)) for name, n in counts.items()])
    made = Counter(each.stamp for each in kept)
    yield from _table(
        ("model", "settings", "questions"),
        [(literal(s.model), s.settings_digest, str(n)) for s, n in made.items()],
    )
    if evaluation:
        yield from _evaluation(evaluation)
    yield "## Answers\n"
    for item in items:
        if item.id in answers.kept:
            yield from _answer(item, answers.line(item.id))
        else:
            yield f"### {literal(item.id)}: {_one_line(item.question)}\n\n*Not asked yet.*\n"


def _evaluation(found: Evaluation) -> Iterator[str]:
    yield "## Held against what is known\n"
    yield (
        "Shares of questions with 95 % intervals. Accuracy: right, of all; coverage: "
        "attempted, of all; precision: right, of the attempted; exact: of texts, the first "
        "statement is the known text alone; citation hits: a known source is cited.\n"
    )
    rows = [_measured("all", found.all)]
    rows += [_measured(name, each) for name, each in found.kinds.items() if len(found.kinds) > 1]
    rows += [_measured(f"group {name}", each) for name, each in found.groups.items()]
    if found.baseline:
        rows.append(_measured("baseline", found.baseline))
    header = ("", "questions", "insufficient", *(name.replace("_", " ") for name in _SHARES))
    yield from _table(header, rows)
    if found.gain:
        yield f"Accuracy less the baseline's, question by question: {found.gain.told()}.\n"


def _measured(name: str, found: Measures) -> tuple[str, ...]:
    shares: list[Estimate | None] = [getattr(found, share) for share in _SHARES]
    told = [each.told() if each else "" for each in shares]
    return (literal(name), str(found.questions), str(found.insufficient), *told)


def _answer(item: Item, line: Line) -> Iterator[str]:
    answer = Answer.from_dict(line)
    yield f"### {literal(item.id)}: {_one_line(item.question)}\n"
    for letter, text in zip(LETTERS, item.choices, strict=False):
        yield f"- {letter}) {literal(text)}"
    if item.choices:
        chosen = line.get("choice") or {"letter": "", "by": ""}
        yield f"\nChosen: {chosen['letter'] or 'none'} ({chosen['by']})\n"
    notes: list[str] = [] if answer.status == "answered" else [answer.status]
    if "copied_from" in line:
        notes.append(f"the answer to {literal(line['copied_from'])}")
    if notes:
        yield f"*{'; '.join(notes)}*\n"
    if answer.answer:
        yield f"{answer.answer.strip()}\n"
    if answer.error:
        yield f"{literal(' '.join(part for part in answer.error.values() if part))}\n"
    for citation in answer.citations:
        evidence = citation.evidence
        where = f" <{evidence.url}>" if evidence.url else ""
        facts = f"{kind_word(evidence)}: {evidence.title} ({evidence.source_id})"
        warning = retraction(evidence)
        yield f"{citation.marker}. {_one_line(facts)}{where}{warning and f' **{warning}**'}"
    findings = list(answer.checks.findings())
    if findings:
        yield "\nChecks:\n"
        yield from (f"- {_one_line(finding)}" for finding in findings)
    yield ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _one_line(text: str) -> str:
    return literal(" ".join(text.split())[:1000])
