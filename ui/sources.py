"""Evidence as a reader sees it on the page: its kind, a word and a colour; its passage or record.

Pure; knows no Gradio, and of an answer only the text in which a passage is quoted. All text is
escaped, all HTML is on one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from retort.agent.citations import repeated
from retort.tools.records import Evidence, kind_word, retraction
from retort.ui.markdown import escape

Surroundings = Callable[[Evidence], "tuple[str, str] | None"]
"""The stored text just before and after a literature quote; None where it cannot be found."""

LONGEST_HOVER = 220
"""Characters of a quote that are shown when the pointer rests on its marker."""

_HIDDEN = frozenset(
    {
        "record",
        "is_note",
        "handle",
        "other_handle",
        "endpoint",
        "weights",
        "said",
        "is_itself",
        "highlights",
    }
)
"""Fields of records that say nothing to a reader."""

_LABELS = {
    "smiles": "SMILES",
    "inchikey": "InChIKey",
    "pchembl": "pChEMBL",
    "doi": "DOI",
    "pubmed_id": "PubMed id",
    "mesh_id": "MeSH id",
    "chembl_id": "ChEMBL id",
    "rdkit_version": "RDKit version",
    "smarts": "SMARTS",
    "endpoint_label": "endpoint",
    "confidence": "confidence of the interval",
    "in_domain": "inside the applicability domain",
    "percentile_of_drugs": "percentile among drugs",
    "interval_80": "interval at 80 %",
    "classes": "classes that cannot be excluded",
    "rank_only": "a rank only, no value",
    "key": "InChIKey, first block",
    "near": "near to",
}


def kind_class(evidence: Evidence) -> str:
    """The style of a kind of evidence; a note of this project is a kind of its own."""
    return "note" if evidence.record.get("is_note") else evidence.kind


def pill(evidence: Evidence) -> str:
    """The kind as a small label: a word and a colour."""
    word = f'<span class="kind {kind_class(evidence)}">{kind_word(evidence)}</span>'
    if evidence.record.get("in_domain") is False:
        word += '<span class="kind warning">outside the domain</span>'
    if evidence.record.get("domain") == "borderline":
        word += '<span class="kind warning">at the border of the domain</span>'
    if evidence.record.get("retracted"):
        notice = escape(retraction(evidence))
        word += f'<span class="kind warning" title="{notice}">retracted</span>'
    return word


def verdict(told: str) -> str:
    """What the judge says of a source, as a small label; "" where it says nothing."""
    if not told:
        return ""
    bad = told.startswith(("contradicts", "no evidence"))
    title = "An opinion on whether the passage supports the answer, not a fact: read the passage."
    style = "kind warning" if bad else "facts verdict"
    return f' <span class="{style}" title="{title}">{escape(told)}</span>'


def hover(evidence: Evidence) -> str:
    """What a marker says before it is clicked: kind, title, page, first words. Not escaped."""
    page = evidence.record.get("page")
    place = f", p. {page}" if page else ""
    quote = " ".join(evidence.quote.split())
    quote = quote if len(quote) <= LONGEST_HOVER else f"{quote[:LONGEST_HOVER]} ..."
    return f"{kind_word(evidence)}: {evidence.title}{place}: {quote}"


def label(evidence: Evidence) -> str:
    """One line that names a piece of evidence."""
    record = evidence.record
    page = record.get("page")
    facts = (
        _gist(record),
        _authors(record.get("authors") or ()),
        record.get("journal"),
        record.get("year"),
        evidence.source_id,
        record.get("section"),
        f"p. {page}" if page else None,
    )
    tail = ", ".join(escape(str(fact)) for fact in facts if fact)
    return f'{pill(evidence)} {escape(evidence.title)} <span class="facts">{tail}</span>'


def opened(evidence: Evidence, answer: str, surroundings: Surroundings) -> str:
    """What an unfolded source shows: the marked passage in its surroundings, or the whole record.

    Args:
        evidence: the source.
        answer: the answer's text; sentences that it quotes are the ones marked.
        surroundings: finds the stored text around a passage.
    """
    if evidence.kind == "literature":
        return _passage(evidence, answer, surroundings) + _address(evidence)
    statement = f'<p class="statement"><mark>{escape(evidence.quote)}</mark></p>'
    return statement + _record(evidence.record) + _address(evidence)


def mark_used(evidence: Evidence, answer: str) -> str:
    """A passage with what the answer quotes of it in ``<mark>``; else its highlights, else all."""
    quote = evidence.quote
    spans = repeated(quote, answer) or _highlights(evidence)
    if not spans:
        return f"<mark>{escape(quote)}</mark>"
    out, at = [], 0
    for start, end in spans:
        out.append(escape(quote[at:start]))
        out.append(f"<mark>{escape(quote[start:end])}</mark>")
        at = end
    return "".join([*out, escape(quote[at:])])


def _highlights(evidence: Evidence) -> list[tuple[int, int]]:
    """The highlighted sentences in their order, as offsets into the quote."""
    at = evidence.start or 0
    inside = [(start - at, end - at) for start, end in evidence.record.get("highlights", ())]
    return sorted(span for span in inside if 0 <= span[0] < span[1] <= len(evidence.quote))


def _passage(evidence: Evidence, answer: str, surroundings: Surroundings) -> str:
    around = surroundings(evidence)
    before, after = around or ("", "")
    text = f"{escape(before)}{mark_used(evidence, answer)}{escape(after)}"
    if around is None:
        where = "The stored text is no longer in the library; this is the quote as it was saved."
    else:
        where = f"Characters {evidence.start} to {evidence.end} of the stored text."
    if evidence.record.get("is_note"):
        where = f"A note written for Retort, not a paper. {where}"
    notice = retraction(evidence)
    warning = f'<p class="where warning">{escape(notice)}</p>' if notice else ""
    return f'{warning}<p class="passage">{text}</p><p class="where">{where}</p>'


def _gist(record: Mapping[str, Any]) -> str:
    """The value of a measurement or a prediction, so that a list of sources can be compared."""
    if record.get("record") == "activity" and record.get("value") is not None:
        value = f"{record['type']} {record['relation']} {record['value']:.10g} {record['units']}"
        return f"{value} on {record.get('gene') or record.get('target_name') or '?'}"
    if record.get("record") == "training":
        return str(record["said"])
    if record.get("record") == "prediction" and record.get("rank_only"):
        return f"rank {record['percentile_of_drugs']:.0f} of 100 among drugs"
    if record.get("record") == "prediction" and record.get("interval"):
        value = f"{record['value']:.3g} {record['unit']}".strip()
        return f"{value} ({_interval(record['interval'])})"
    return ""


def _interval(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:.3g} to {bounds[-1]:.3g}"


def _authors(names: Sequence[Any]) -> str:
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(map(str, names))


def _record(record: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(_field(name))}</th><td>{_value(name, value)}</td></tr>"
        for name, value in record.items()
        if value not in (None, "", [], (), {}) and name not in _HIDDEN
    )
    return f'<div class="wide"><table class="record">{rows}</table></div>' if rows else ""


def _field(name: str) -> str:
    if name in _LABELS:
        return _LABELS[name]
    return name.replace("_chembl_id", " ChEMBL id").replace("_", " ")


def _value(name: str, value: Any) -> str:
    if name in ("interval", "interval_80"):
        return escape(_interval(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return escape(f"{value:.10g}")
    if isinstance(value, tuple):
        value = list(value)
    if name == "matches" and all(isinstance(item, list) for item in value):
        return escape("; ".join(f"atoms {places(item)} of the SMILES" for item in value))
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return "".join(f"<div>{_line(item)}</div>" for item in value)
    if isinstance(value, list):
        return escape(", ".join(map(str, value)))
    return escape(str(value))


def _line(item: Mapping[str, Any]) -> str:
    """One calculated value, criterion or alert in a line."""
    if "label" in item:
        method = f" ({item['method']})" if item.get("method") else ""
        return escape(f"{item['label']}: {item['value']} {item['unit']}".strip() + method)
    if "alert" in item:
        said = f"{item['catalogue']}: {item['alert'].replace('_', ' ')}"
        return escape(f"{said}, atoms {places(item['atoms'])} of the SMILES")
    if "part" in item:
        return escape(f"{item['part']}: {item['effect']:+.3g}")
    if "criterion" in item:
        verdict = "passes" if item["passes"] else "fails"
        return escape(f"{item['criterion']}: {item['value']}, {verdict}")
    return escape(", ".join(f"{_field(name)} {value}" for name, value in item.items()))


def places(atoms: Sequence[int]) -> str:
    """Atoms as a reader counts them in a SMILES, from 1."""
    return ", ".join(str(atom + 1) for atom in atoms)


def _address(evidence: Evidence) -> str:
    """The source's own page; followed only by a click, and only where it is encrypted."""
    if not evidence.url.startswith("https://"):
        return ""
    url = escape(evidence.url)
    return f'<p><a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a></p>'
