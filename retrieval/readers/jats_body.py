"""The blocks of a JATS article as text: sections, paragraphs, figures, tables, lists, formulas.

Inline marks give up their words so that names and powers stay readable (``CYP2D6*4``, ``10^-9``).
Citations of the reference list by number go, those by author and year stay. A figure is its label
and caption; a table is that and its rows, one to a line, cells divided by ``|``.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from retort.retrieval.readers.flow import LINE, PARAGRAPH, raised, settled
from retort.retrieval.readers.formulas import formula
from retort.retrieval.readers.markup import CITATION

Part = tuple[str, str]
"""(path of headings, text)"""

_BLOCKS = frozenset(
    "p disp-quote boxed-text fig fig-group table-wrap table-wrap-group table-wrap-foot caption"
    " list def-list disp-formula disp-formula-group statement speech verse-group verse-line attrib"
    " supplementary-material media fn fn-group def-item array preformat code title ack notes sec"
    " app app-group glossary boxed-text author-notes question answer".split()
)
_LEFT_OUT = frozenset(
    "ref-list graphic inline-graphic object-id alt-text long-desc permissions label sec-meta"
    " related-article index-term contrib-group".split()
)
"""without words of their own, or told elsewhere; labels are set where their block begins"""
_FORMULAS = frozenset(("disp-formula", "inline-formula", "math", "tex-math", "chem-struct"))
_NUMBERS = re.compile(r"[\[(]?\s*\d{1,3}[a-z]?(?:\s*[,;–—-]\s*\d{1,3}[a-z]?)*\s*[\])]?[,;.]?")
"""at most three digits: "2008, 2009" are years behind an author's name"""
_SECTIONS = frozenset(("sec", "app", "app-group", "boxed-text", "notes"))


def parts_of(element: Element, name: str) -> list[Part]:
    """The text of a section and of those inside it, in reading order.

    Args:
        element: ``body``, ``sec``, ``abstract`` ...; its own title is taken where it has one.
        name: the path of headings above it, or the title where it has none.
    """
    title = element.find("title")
    own = inline(title).rstrip(" :") if title is not None else ""
    if element.tag in ("abstract", "trans-abstract"):
        own = "" if own.lower() in ("abstract", "summary") else own
        path = " > ".join(filter(None, (name, own)))
    elif element.tag in ("sec", "app", "boxed-text", "notes"):
        path = " > ".join(filter(None, (name, own)))
    else:
        path = own or name
    parts: list[Part] = []
    pending = element.text or ""
    for child in element:
        if child is title:
            pending += child.tail or ""
            continue
        if child.tag in _SECTIONS and (child.find("title") is not None or _holds_section(child)):
            parts.append((path, settled(pending)))
            pending = ""
            parts += parts_of(child, path)
        else:
            pending += _rendered(child, pending)
        pending += child.tail or ""
    parts.append((path, settled(pending)))
    return [part for part in parts if part[1]]


def inline(element: Element) -> str:
    """The words of a title or another element of one line, without marks of footnotes."""
    return " ".join(settled(_children(element, in_title=True)).split())


def _holds_section(element: Element) -> bool:
    return any(child.tag in _SECTIONS for child in element)


def _children(element: Element, in_title: bool = False) -> str:
    text = element.text or ""
    for child in element:
        if not (in_title and child.tag in ("xref", "fn")):
            text += _rendered(child, text)
        text += child.tail or ""
    return text


def _rendered(element: Element, before: str) -> str:
    """One element as marked text (see ``flow``), its tail not included."""
    tag = element.tag
    if tag in _LEFT_OUT:
        return ""
    if tag in _FORMULAS:
        mark = PARAGRAPH if tag == "disp-formula" else ""
        return mark + formula(element) + _labelled(element, " ({})") + mark
    if tag == "sup":
        return raised(before, _children(element))
    if tag == "xref":
        return _cross_reference(element)
    if tag == "break":
        return " "
    if tag == "table":
        return PARAGRAPH + LINE.join(map(_row, _rows(element))) + PARAGRAPH
    if tag == "list":
        return PARAGRAPH + LINE.join(map(_item, element.iterfind("list-item"))) + PARAGRAPH
    if tag == "def-item":
        return LINE + ": ".join(filter(None, (_line(child) for child in element))) + LINE
    if tag in ("fig", "table-wrap", "supplementary-material", "boxed-text"):
        return PARAGRAPH + _captioned(element) + PARAGRAPH
    if tag in _BLOCKS:
        inner = _children(element).lstrip(PARAGRAPH + " \t\n")
        return PARAGRAPH + _labelled(element, "{} ") + inner + PARAGRAPH
    return _children(element)


def _cross_reference(element: Element) -> str:
    """A citation by number is a mark that goes; every other reference is its words."""
    text = _children(element)
    words = text.replace(CITATION, "").replace("^", "")
    is_number = _NUMBERS.fullmatch(words.strip()) is not None or not words.strip()
    return CITATION if element.get("ref-type") == "bibr" and is_number else text


def _captioned(element: Element) -> str:
    """Label and caption as one paragraph, then what else the figure or table holds."""
    caption = element.find("caption")
    head = "" if caption is None else _line(caption)
    rest = "".join(_rendered(child, "") for child in element if child is not caption)
    return _labelled(element, "{} ") + head + PARAGRAPH + rest


def _labelled(element: Element, shape: str) -> str:
    label = element.find("label")
    text = "" if label is None else _line(label).strip("()")
    return shape.format(text) if text else ""


def _rows(table: Element) -> list[Element]:
    """The rows of a table itself, not those of tables in its cells."""
    groups = [group for group in table if group.tag in ("thead", "tbody", "tfoot")]
    return [row for group in (table, *groups) for row in group if row.tag == "tr"]


def _row(row: Element) -> str:
    cells = [_line(cell) for cell in row if cell.tag in ("td", "th")]
    return " | ".join(cells) if any(cells) else ""


def _item(item: Element) -> str:
    """A list item on one line, lists inside it on the lines that follow."""
    label = _labelled(item, "{} ") or "- "
    return label + _children(item).strip(PARAGRAPH + " \n\t").replace(PARAGRAPH, LINE)


def _line(element: Element) -> str:
    return _children(element).replace(PARAGRAPH, " ").replace(LINE, " ").strip()
