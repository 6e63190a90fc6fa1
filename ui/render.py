"""An answer as the page shows it: HTML made from records. Pure; knows no Gradio.

Every text of a model, a paper or a user is escaped before anything of ours is added, so that
nothing in it can become a tag, a link or a picture. Each piece of HTML is one line, so that a
Markdown renderer leaves it alone. A marker ``[n]`` is a link to the quote it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retort.agent.records import Answer, Citation
from retort.agent.verdicts.labels import told
from retort.retrieval.errors import RetortError
from retort.tools.records import Evidence, kind_word
from retort.ui import downloads, figures, rows, sources
from retort.ui.figures import Drawing
from retort.ui.markdown import escape, inline, plain_marker, to_html
from retort.ui.sources import Surroundings

SOURCES_OPEN = 6
"""Up to so many sources are listed unfolded, each itself folded; more would bury the answer."""

_STATUS = {
    "abstained": "no answer in these sources",
    "refused": "refused",
    "stopped": "stopped, incomplete",
    "failed": "failed",
}


def header_html(status: str, here: str) -> str:
    """The top of a page: its name, the way to the other one, what it runs on.

    Args:
        status: the status line; empty while it is not known.
        here: ``chat`` or ``triage``.
    """
    links = "".join(
        f'<a href="{address}"{" aria-current=page" if name.lower() == here else ""}>{name}</a>'
        for name, address in (("Chat", "./"), ("Triage", "triage"))
    )
    return (
        f'<div id="header"><h1>Retort</h1><nav aria-label="Pages">{links}</nav>'
        f'<p id="status">{escape(status)}</p></div>'
    )


def question_html(text: str) -> str:
    """What the user asked, literally."""
    return f'<div class="question">{escape(text.strip())}</div>'


def answer_html(answer: Answer, surroundings: Surroundings, draw: Drawing) -> str:
    """A finished answer: its text, what the checks found, its sources, its molecules.

    Args:
        answer: as it is saved.
        surroundings: finds the stored text around a passage.
        draw: makes the drawing of a structure.
    """
    parts = (
        text_html(answer),
        error_html(answer.error) if answer.error else "",
        checks_html(answer),
        tables_html(answer, draw),
        sources_html(answer, surroundings, draw),
        figures.explanations_html(answer.citations, draw),
        figures.molecules_html(answer.molecules, draw),
        footer_html(answer),
    )
    return f'<div class="answer {answer.status}">{"".join(parts)}</div>'


def partial_html(text: str) -> str:
    """An answer that is still being written."""
    return f'<div class="answer writing">{to_html(text)}</div>'


def text_html(answer: Answer) -> str:
    """The answer's text with its markers as links to their quotes."""
    by_marker = {citation.marker: citation for citation in answer.citations}

    def link(number: int) -> str:
        citation = by_marker.get(number)
        if citation is None:
            return plain_marker(number)
        title = escape(sources.hover(citation.evidence))
        kind = sources.kind_class(citation.evidence)
        target = anchor(answer, number)
        return f'<sup><a href="#{target}" title="{title}" class="cite {kind}">[{number}]</a></sup>'

    return to_html(answer.answer, link)


def anchor(answer: Answer, marker: int) -> str:
    """The id of a quote on the page; unique per answer, since markers recur in a conversation."""
    return f"a{answer.id}-c{marker}"


def tables_html(answer: Answer, draw: Drawing) -> str:
    """The first rows of what the tools found in many rows, and the whole of it to take away."""
    return "".join(
        rows.table_html(
            table,
            {
                format.upper(): downloads.address(answer.id, number, format)
                for format in downloads.FORMATS
                if format != "sdf" or table.smiles
            },
            figures.series_html(table, draw),
        )
        for number, table in enumerate(answer.tables, 1)
    )


def sources_html(answer: Answer, surroundings: Surroundings, draw: Drawing) -> str:
    """The cited sources, each folded around its marked passage; then what was also retrieved."""
    if not answer.citations:
        return _unused_html(answer.unused)
    items = "".join(_source(answer, each, surroundings, draw) for each in answer.citations)
    count = len(answer.citations)
    state = " open" if count <= SOURCES_OPEN else ""
    summary = f"<summary>Sources ({count}) {_tally(answer.citations)}</summary>"
    return f'<details class="evidence"{state}>{summary}{items}</details>' + _unused_html(
        answer.unused
    )


def _tally(citations: Sequence[Citation]) -> str:
    """How many sources of each kind, when there are several kinds."""
    counts: dict[str, int] = {}
    for citation in citations:
        word = kind_word(citation.evidence)
        counts[word] = counts.get(word, 0) + 1
    if len(counts) < 2:
        return ""
    text = ", ".join(f"{count} {word}" for word, count in counts.items())
    return f'<span class="facts">{text}</span>'


def _source(answer: Answer, citation: Citation, surroundings: Surroundings, draw: Drawing) -> str:
    body = sources.opened(citation.evidence, answer.answer, surroundings)
    body += figures.matches_html(citation.evidence.record, draw)
    return (
        f'<details class="source"><summary><span class="number">[{citation.marker}]</span> '
        f"{sources.label(citation.evidence)}"
        f"{sources.verdict(told(answer.checks.verdicts, citation.marker))}</summary>"
        f'<div id="{anchor(answer, citation.marker)}" class="quote">{body}</div></details>'
    )


def _unused_html(unused: Sequence[Evidence]) -> str:
    if not unused:
        return ""
    items = "".join(
        f'<details class="source"><summary>{sources.label(item)}</summary>'
        f'<div class="quote"><p class="passage">{escape(item.quote)}</p></div></details>'
        for item in unused
    )
    summary = f"<summary>Also retrieved, not cited ({len(unused)})</summary>"
    return f'<details class="evidence unused">{summary}{items}</details>'


def checks_html(answer: Answer) -> str:
    """What the checks found, calmly; nothing where nothing was stated or found."""
    lines = "".join(f"<li>{escape(line)}</li>" for line in answer.checks.findings())
    if not lines or answer.status in ("abstained", "refused"):
        return ""
    lead = "Read with care. Automatic checks found:"
    return f'<div class="checks"><p>{lead}</p><ul>{lines}</ul></div>'


def error_html(error: Mapping[str, str]) -> str:
    """What happened, why, and what to do next."""
    what, why, following = (error.get(key, "") for key in ("what", "why", "next"))
    command = f"`{following}`" if following.startswith("retort ") else following
    lines = [
        f"<strong>{escape(what)}</strong>",
        escape(why),
        f"Next: {inline(command)}" if command else "",
    ]
    return f'<div class="error" role="alert">{"<br>".join(line for line in lines if line)}</div>'


def notice_html(error: RetortError) -> str:
    """A question that was not taken, and why."""
    return error_html(error.as_dict())


def footer_html(answer: Answer) -> str:
    """How the answer came about, in one small line."""
    tokens = answer.prompt_tokens + answer.completion_tokens
    status = "asks back" if answer.clarification else _STATUS.get(answer.status, "")
    clean = answer.status == "answered" and answer.citations and not any(answer.checks.findings())
    facts = [
        f'<strong class="status">{status}</strong>' if status else "",
        "checks: every statement cited, every number in its source" if clean else "",
        escape(answer.model),
        f"{answer.seconds:.1f} s",
        f"{tokens:,} tokens" if tokens else "",
        f"settings {escape(answer.settings_digest)}" if answer.settings_digest else "",
    ]
    return f'<div class="footer">{" · ".join(fact for fact in facts if fact)}</div>'


def waiting_html(text: str) -> str:
    """A line that says what is going on, with a sign that it is."""
    return f'<div class="step waiting"><span class="spinner"></span>{escape(text)} ...</div>'


def plan_html(steps: Sequence[str]) -> str:
    """What is about to be done, folded."""
    items = "".join(f"<li>{escape(step)}</li>" for step in steps)
    count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    summary = f"<summary>Plan ({count})</summary>"
    return f'<details class="step plan">{summary}<ol>{items}</ol></details>'


def tool_html(
    title: str, args: Mapping[str, Any], given: str, seconds: float, failed: bool = False
) -> str:
    """A finished tool as one folded line; unfolded, its arguments and what the model was given."""
    shown = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{escape(_argument(value))}</td></tr>"
        for name, value in args.items()
        if value not in ("", [], None)
    )
    arguments = f'<table class="record">{shown}</table>' if shown else ""
    rows = f'<div class="given">{escape(given.strip())}</div>' if given.strip() else ""
    mark = '<span class="kind warning">failed</span> ' if failed else ""
    return (
        f'<details class="step{" failed" if failed else ""}"><summary>{mark}{escape(title)} '
        f'<span class="facts">({seconds:.1f} s)</span></summary>{arguments}{rows}</details>'
    )


def _argument(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
