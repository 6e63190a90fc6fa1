"""An answer as the page shows it: Markdown and HTML made from records. Pure; knows no Gradio.

Text of models and papers is escaped before anything of ours is added, so that nothing in it can
become a tag,
a link or a picture. A marker ``[n]`` is a link to the quote it rests on; its title shows the quote
on hover.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

from retort.agent.records import Answer, Citation
from retort.retrieval.sentences import sentences
from retort.tools.records import Evidence
from retort.ui.terminal import KIND_WORDS, warnings

Surroundings = Callable[[Evidence], tuple[str, str]]
"""The stored text just before and after a literature quote."""

Drawing = Callable[[str], str]
"""SMILES to an SVG element, or an empty string where there is nothing to draw."""

_MARKER = re.compile(r"\[(\d{1,3})\]")
_CODE = re.compile(r"(`[^`\n]+`)")
_HOVER = 220


def answer_markdown(answer: Answer) -> str:
    """The answer's text with its markers as links; safe to give to a Markdown renderer."""
    by_marker = {citation.marker: citation for citation in answer.citations}

    def link(match: re.Match[str]) -> str:
        citation = by_marker.get(int(match[1]))
        if citation is None:
            return match[0]
        title = _escape(_hover(citation.evidence))
        target = anchor(answer, citation.marker)
        kind = citation.evidence.kind
        return (
            f'<sup><a href="#{target}" title="{title}" class="cite {kind}">[{match[1]}]</a></sup>'
        )

    return _MARKER.sub(link, plain_markdown(answer.answer))


def plain_markdown(text: str) -> str:
    """Model text with every tag, link and image taken out of force; tables and lists stay."""
    parts = _CODE.split(text)
    for i in range(0, len(parts), 2):
        part = html.escape(parts[i], quote=False)
        part = part.replace("](", "]&#40;").replace("][", "]&#91;") if "[" in part else part
        part = re.sub(r"\]&#91;(?=\d{1,3}\])", "][", part)
        parts[i] = part.replace("![", "!&#91;").replace("://", "&#58;//")
    return "".join(parts)


def _escape(text: str) -> str:
    """Escaped for HTML, line breaks as entities: a blank line would end the block in Markdown."""
    return html.escape(text).replace("\n", "&#10;")


def anchor(answer: Answer, marker: int) -> str:
    """The id of a citation's quote on the page; unique per answer, since markers recur in a
    chat.
    """
    return f"a{answer.id}-c{marker}"


def _hover(evidence: Evidence) -> str:
    page = evidence.record.get("page")
    place = f", p. {page}" if page else ""
    quote = evidence.quote if len(evidence.quote) <= _HOVER else evidence.quote[:_HOVER] + " ..."
    return f"{KIND_WORDS[evidence.kind]}: {evidence.title}{place}: {quote}"


def sources_html(answer: Answer, surroundings: Surroundings) -> str:
    """The folded list of cited sources, each with its quote marked in its passage."""
    if not answer.citations:
        return ""
    items = "".join(_source(answer, citation, surroundings) for citation in answer.citations)
    count = len(answer.citations)
    return (
        f'<details class="evidence"><summary>Sources ({count})</summary>{items}</details>'
        + _unused_html(answer.unused)
    )


def _source(answer: Answer, citation: Citation, surroundings: Surroundings) -> str:
    evidence = citation.evidence
    label = f"[{citation.marker}] {_label(evidence)}"
    if evidence.kind == "literature":
        before, after = surroundings(evidence)
        marked = mark_used(evidence.quote, answer.answer)
        body = f"{_escape(before)}{marked}{_escape(after)}"
        where = f"characters {evidence.start} to {evidence.end} of the stored text"
        body = f'<p class="passage">{body}</p><p class="where">{where}</p>'
    else:
        body = f"<p><mark>{_escape(evidence.quote)}</mark></p>{_record_html(evidence)}"
    link = _link(evidence)
    return (
        f"<details><summary>{label}</summary>"
        f'<div id="{anchor(answer, citation.marker)}" class="quote">{body}{link}</div></details>'
    )


def mark_used(quote: str, answer: str) -> str:
    """A passage, escaped, with what the answer quotes of it in ``<mark>``; all of it when nothing
    is.
    """
    spans = [
        (start, end)
        for start, end in sentences(quote)
        if end - start > 20 and quote[start:end].strip() in answer
    ]
    if not spans:
        return f"<mark>{_escape(quote)}</mark>"
    out, at = [], 0
    for start, end in spans:
        out.append(_escape(quote[at:start]))
        out.append(f"<mark>{_escape(quote[start:end])}</mark>")
        at = end
    return "".join([*out, _escape(quote[at:])])


def _label(evidence: Evidence) -> str:
    kind = f'<span class="kind {evidence.kind}">{KIND_WORDS[evidence.kind]}</span>'
    record = evidence.record
    facts = [evidence.source_id, record.get("year"), record.get("section")]
    if page := record.get("page"):
        facts.append(f"p. {page}")
    tail = ", ".join(html.escape(str(fact)) for fact in facts if fact)
    flag = ' <span class="kind retracted">retracted</span>' if record.get("retracted") else ""
    return f"{kind} {html.escape(evidence.title)} ({tail}){flag}"


def _record_html(evidence: Evidence) -> str:
    rows = "".join(
        f"<tr><th>{html.escape(name.replace('_', ' '))}</th><td>{_escape(_cell(value))}</td></tr>"
        for name, value in evidence.record.items()
        if value not in (None, "", [], {}) and name != "record"
    )
    return f'<details><summary>Whole record</summary><table class="record">{rows}</table></details>'


def _cell(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(", ".join(f"{v}" for v in item.values()) for item in value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _link(evidence: Evidence) -> str:
    if not evidence.url.startswith("https://"):
        return ""
    url = html.escape(evidence.url)
    return f'<p><a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a></p>'


def _unused_html(unused: Sequence[Evidence]) -> str:
    if not unused:
        return ""
    items = "".join(
        f"<details><summary>{_label(item)}</summary><p>{_escape(item.quote)}</p></details>"
        for item in unused
    )
    summary = f"<summary>Also retrieved ({len(unused)})</summary>"
    return f'<details class="evidence">{summary}{items}</details>'


def molecules_html(answer: Answer, draw: Drawing) -> str:
    """A card per molecule: drawing, handle, name, SMILES."""
    cards = []
    for molecule in answer.molecules:
        name = html.escape(molecule["name"] or "unnamed")
        smiles = html.escape(molecule["smiles"])
        caption = (
            f"<strong>{html.escape(molecule['handle'])}</strong> {name}<br><code>{smiles}</code>"
        )
        cards.append(
            f"<figure>{draw(molecule['smiles'])}<figcaption>{caption}</figcaption></figure>"
        )
    return f'<div class="molecules">{"".join(cards)}</div>' if cards else ""


def checks_html(answer: Answer) -> str:
    """What the checks found, in words; nothing where they found nothing."""
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in warnings(answer))
    return f'<ul class="checks">{lines}</ul>' if lines else ""


def error_html(answer: Answer) -> str:
    """What, why and next of a failed answer."""
    if not answer.error:
        return ""
    what, why, following = (html.escape(answer.error[key]) for key in ("what", "why", "next"))
    return f'<p class="error"><strong>{what}</strong> {why} <code>{following}</code></p>'


def tool_markdown(args: Any, text: str) -> str:
    """What an unfolded tool line shows: its arguments and what the model was given."""
    shown = ", ".join(f"{name} = {value}" for name, value in args.items() if value not in ("", []))
    return f"{plain_markdown(shown)}\n\n```text\n{text.replace('```', '` ` `')}\n```"
