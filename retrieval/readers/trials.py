"""Trial registrations of ClinicalTrials.gov as JSON: one study, a list, or a page of its service.

Reads the shape of the service's second version (``protocolSection``) and of its first (the same
modules with capital letters, lists inside ``...List`` objects). A registration says what a trial
sets out to do; its results section is left out and said so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retort.retrieval.readers.compose import compose
from retort.retrieval.readers.identity import identify, year_of
from retort.retrieval.readers.lines import whole
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

KIND = "Clinical Trial Registration"
_SIGN = re.compile(r'"protocolSection"\s*:\s*\{.*?"identificationModule"', re.DOTALL | re.I)
_STUDY = re.compile(r'\{\s*"protocolSection"\s*:', re.IGNORECASE)
_FILLED = re.compile(r"\S")
_WRAPPERS = ("fullstudiesresponse", "studies", "fullstudies", "fullstudy", "study")
_OUTCOMES = (
    ("primaryoutcomes", "Primary outcomes"),
    ("secondaryoutcomes", "Secondary outcomes"),
    ("otheroutcomes", "Other outcomes"),
)


def looks_like_trials(head: str) -> bool:
    """Whether the beginning of a text is that of studies as JSON."""
    return head.lstrip()[:1] in ("{", "[") and _SIGN.search(head) is not None


def records(path: Path) -> Iterator[Paper | Skip]:
    """Yield a paper or a skip for each study; the file may be one document or one study a line."""
    number = 0
    for value in _documents(whole(path)):
        if isinstance(value, Skip):
            yield value
            continue
        for study in _studies(value):
            number += 1
            yield _paper(study, f"study {number}")


def _documents(text: str) -> Iterator[Any]:
    """The JSON documents in a text, one behind the other; of a broken one, the studies inside."""
    decoder = json.JSONDecoder()
    start, at = _FILLED, 0
    broken: Skip | None = None
    while found := start.search(text, at):
        try:
            value, at = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", found.start())) + 1
            reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
            broken = Skip(f"line {line}", f"not usable JSON: {reason}")
            if start is _STUDY:
                yield broken
                broken, at = None, found.end()
            start = _STUDY
        else:
            yield value
            broken = None
    if broken:
        yield broken


def _studies(value: Any) -> Iterator[Any]:
    """The studies in a document: itself, the items of a list, or those of a page of results."""
    if isinstance(value, list):
        for item in value:
            yield from _studies(item)
        return
    fields = _fields(value)
    wrapped = [name for name in _WRAPPERS if name in fields and "protocolsection" not in fields]
    if wrapped:
        yield from _studies(fields[wrapped[0]])
    else:
        yield value


def _fields(value: Any) -> dict[str, Any]:
    """An object by its keys in lower case, which both versions share; empty for anything else."""
    if not isinstance(value, dict):
        return {}
    return {str(key).lower(): each for key, each in value.items()}


def _at(value: Any, *names: str) -> Any:
    """What stands at a path of keys, in either version; None where there is nothing."""
    for name in names:
        value = _fields(value).get(name)
    return value


def _text(value: Any, *names: str) -> str:
    found = _at(value, *names)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _prose(value: Any, *names: str) -> str:
    """Text with its line breaks, each line without white space around it."""
    found = _at(value, *names)
    if not isinstance(found, str):
        return ""
    lines = (" ".join(line.split()) for line in found.replace("\\>", ">").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _items(value: Any, plural: str, singular: str) -> list[Any]:
    """A list, as either version writes it: ``plural`` or ``singularList: {singular: [...]}``."""
    fields = _fields(value)
    found = fields.get(plural)
    if found is None:
        found = _at(fields.get(f"{singular}list"), singular)
    return found if isinstance(found, list) else []


def _words(value: Any, plural: str, singular: str) -> tuple[str, ...]:
    items = (item for item in _items(value, plural, singular) if isinstance(item, str))
    return tuple(dict.fromkeys(text for item in items if (text := " ".join(item.split()))))


def _paper(study: Any, where: str) -> Paper | Skip:
    protocol = _at(study, "protocolsection")
    named = _at(protocol, "identificationmodule")
    nct_id = _text(named, "nctid").upper()
    title = _text(named, "officialtitle") or _text(named, "brieftitle")
    if not re.fullmatch(r"NCT\d{8}", nct_id):
        return Skip(where, "no NCT number: not a study of ClinicalTrials.gov")
    parts = [*_descriptions(protocol), *_design(protocol)]
    text, sections = compose(parts)
    if not (text or title):
        return Skip(where, f"neither title nor text ({nct_id})")
    url = f"https://clinicaltrials.gov/study/{nct_id}"
    identity = identify(f"{title}\n{text}", own_id=nct_id, url=url)
    status = _at(protocol, "statusmodule")
    lead = _at(protocol, "sponsorcollaboratorsmodule", "leadsponsor")
    sponsor = _text(lead, "name") or _text(lead, "leadsponsorname")
    return Paper(
        paper_id=identity.paper_id,
        source_id=identity.source_id,
        title=title or nct_id,
        text=text or title,
        sections=sections,
        authors=(sponsor,) if sponsor else (),
        year=year_of(
            _text(status, "studyfirstpostdatestruct", "date")
            or _text(status, "studyfirstpostdatestruct", "studyfirstpostdate")
            or _text(status, "studyfirstsubmitdate")
        ),
        journal="ClinicalTrials.gov",
        url=identity.url,
        mesh=_mesh(study),
        keywords=_words(_at(protocol, "conditionsmodule"), "keywords", "keyword"),
        publication_types=(KIND,),
        has_abstract=bool(_text(protocol, "descriptionmodule", "briefsummary")),
        metadata=_metadata(study, protocol, title),
    )


def _descriptions(protocol: Any) -> Iterator[tuple[str, str]]:
    described = _at(protocol, "descriptionmodule")
    yield "Brief summary", _prose(described, "briefsummary")
    yield "Detailed description", _prose(described, "detaileddescription")
    conditions = _words(_at(protocol, "conditionsmodule"), "conditions", "condition")
    yield "Conditions", "; ".join(conditions)


def _design(protocol: Any) -> Iterator[tuple[str, str]]:
    planned = _at(protocol, "armsinterventionsmodule")
    yield "Arms", _listed(_items(planned, "armgroups", "armgroup"), "armgroup", "label", "type")
    treatments = _items(planned, "interventions", "intervention")
    yield "Interventions", _listed(treatments, "intervention", "name", "type")
    wanted = _at(protocol, "outcomesmodule")
    for plural, title in _OUTCOMES:
        singular = plural.removesuffix("s")
        yield title, _listed(_items(wanted, plural, singular), singular, "measure", "timeframe")
    yield "Eligibility", _eligibility(_at(protocol, "eligibilitymodule"))


def _eligibility(eligible: Any) -> str:
    sex = _text(eligible, "sex") or _text(eligible, "gender")
    youngest, oldest = _text(eligible, "minimumage"), _text(eligible, "maximumage")
    age = " ".join(
        part for part in (youngest and f"from {youngest}", oldest and f"to {oldest}") if part
    )
    facts = (sex and f"Sex: {sex.capitalize()}", age and f"Age: {age}")
    shown = "; ".join(fact for fact in facts if fact)
    criteria = _prose(eligible, "eligibilitycriteria")
    return "\n\n".join(part for part in (criteria, shown) if part)


def _listed(items: list[Any], prefix: str, name: str, more: str) -> str:
    """One line for each item: its name, what kind it is or when it is taken, what it is."""
    lines = []
    for item in items:

        def part(key: str, item: Any = item) -> str:
            return _text(item, key) or _text(item, prefix + key)

        kind = part(more).replace("_", " ")
        kind = kind.lower() if kind.isupper() else kind
        head = part(name) + (f" ({kind})" if kind else "")
        lines.append(": ".join(text for text in (head.strip(), part("description")) if text))
    return "\n".join(line for line in lines if line)


def _mesh(study: Any) -> tuple[str, ...]:
    derived = _at(study, "derivedsection")
    terms = []
    for module, singular in (
        ("conditionbrowsemodule", "conditionmesh"),
        ("interventionbrowsemodule", "interventionmesh"),
    ):
        for item in _items(_at(derived, module), "meshes", singular):
            terms.append(_text(item, "term") or _text(item, f"{singular}term"))
    return tuple(dict.fromkeys(term for term in terms if term))


def _metadata(study: Any, protocol: Any, title: str) -> dict[str, str]:
    brief = _text(protocol, "identificationmodule", "brieftitle")
    design = _at(protocol, "designmodule")
    values = {
        "brief_title": brief if brief != title else "",
        "status": _text(protocol, "statusmodule", "overallstatus"),
        "phase": "; ".join(_words(design, "phases", "phase")),
        "study_type": _text(design, "studytype"),
        "results": "omitted" if _at(study, "resultssection") else "",
    }
    return {name: value for name, value in values.items() if value}
