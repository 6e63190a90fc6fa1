"""Formulas in XML as one line of text: MathML, or the LaTeX that stands beside it.

``x^2``, ``k_on``, ``(a + b)/(c)``: enough to be read and found, not to be typeset.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_SCRIPTS = {"msup": "^", "msub": "_", "mover": "^", "munder": "_"}


def formula(element: Element) -> str:
    """The words and signs of a formula element; of alternatives, the first that has any."""
    for math in element.iter("math"):
        if shown := " ".join(_math(math).split()):
            return shown
    for tex in element.iter("tex-math"):
        source = "".join(tex.itertext())
        found = _DOCUMENT.search(source)
        if shown := (found[1] if found else source).strip().strip("$").strip():
            return " ".join(shown.split())
    return _plain(element)


def _plain(element: Element) -> str:
    text = element.text or ""
    for child in element:
        if child.tag != "label":
            inner = _plain(child)
            text += ("^" if child.tag == "sup" else "") + inner
        text += child.tail or ""
    return text


def _math(element: Element) -> str:
    parts = [_math(child).strip() for child in element]
    if element.tag in _SCRIPTS and len(parts) == 2:
        return f"{parts[0]}{_SCRIPTS[element.tag]}{_grouped(parts[1])}" if parts[1] else parts[0]
    if element.tag in ("msubsup", "munderover") and len(parts) == 3:
        return f"{parts[0]}_{_grouped(parts[1])}^{_grouped(parts[2])}"
    if element.tag == "mfrac" and len(parts) == 2:
        return f"{_grouped(parts[0])}/{_grouped(parts[1])}"
    if element.tag in ("msqrt", "mroot"):
        return f"√({' '.join(parts)})"
    if element.tag == "mtr":
        return " ".join(parts) + "; "
    if element.tag in ("annotation", "annotation-xml"):
        return ""
    if not parts:
        return " ".join((element.text or "").split())
    return " ".join(part for part in parts if part)


def _grouped(text: str) -> str:
    return f"({text})" if " " in text else text
