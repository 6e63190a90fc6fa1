"""Markdown's inline marks taken out of a line: links, citations, emphasis, raised and lowered text.

The marks go, the words stay, and so do the stars of star alleles: ``*CYP2C19*2*`` reads
``CYP2C19*2``. Knows no headings and no paragraphs.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~^-])")
_PRIVATE = 0x10F000
"""escaped characters and code wait here, out of reach of the other rules"""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_ADDRESS = re.compile(r"(?:https?://|www\.|10\.\d{4,9}/)[^\s<>|*^\[\]]+")
_IMAGE = re.compile(r"!\[[^\]]{0,500}\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_LINK = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)"
)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_NUMBER_LIST = r"\d{1,3}[a-z]?(?:\s?[,–-]\s?\d{1,3}[a-z]?)*"
_CITATION = re.compile(rf"\[(?:\s*{_NUMBER_LIST}\s*|(\[)\s*{_NUMBER_LIST}\s*\])\]\(#([^()\s]*)\)")
_ANCHOR = re.compile(r"([A-Za-z]+)[-_.]?\d+[A-Za-z]?$")
_CITED = frozenset("b r c e p cr rf bib bibr ref cit cite rb fn".split())
"""the letters before the number in an anchor of a reference list or a footnote (``#x-bib-0001``)"""
CITATION = "\U0010f100"
"""stands for a citation by number until it goes, together with its brackets"""
_MARKS = re.compile(
    rf"[ \t]?(?:\^\[?|[\[(])[\s{CITATION},;–-]*{CITATION}[\s{CITATION},;–-]*(?:\]?\^|[\])])"
    rf"|{CITATION}(?:[\s,;–-]*{CITATION})*"
)
_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|p|div|small|a)(?:\s[^<>]*)?/?>|<!--[^<]*?-->", re.I)
_BREAK = re.compile(r"<br\s*/?>", re.I)
_RAISED_TAG = re.compile(r"<sup>([^<>]*)</sup>", re.I)
_LOWERED_TAG = re.compile(r"<sub>([^<>]*)</sub>", re.I)
_RAISED = re.compile(r"\^ ?([^\s^]{1,40}(?:, ?[^\s^]{1,8}){0,12}) ?\^")
_NUMBERS = re.compile(rf"\[?{_NUMBER_LIST},?\]?")
_LOWERED = re.compile(r"(?<=[^\s_])_([^\s_]|[^\s_]{2,20}(?=_(?![A-Za-z]{2})))_")
_UNDERLINED = re.compile(r"(?<![\w/])__?(?=\S)([^_\n]+?)(?<=\S)__?(?!\w)")
_STRUCK = re.compile(r"~~([^~\n]+)~~")
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`\n]+)(?<!`)\1(?!`)")
_BOLD_NUMBER = re.compile(r"\*\*(\d[^*\n]*)(?<=\S)\*\*(?![\d*])")
_EMPTY = re.compile(r" ?\([\s,;–-]*\)| ?\[[\s,;–-]*\]")
"""brackets that hold nothing more once citations and pictures are gone"""
_RELATION = re.compile(r"[=<>≤≥] ?$")
_SPACE_BETWEEN_STARS = re.compile(r"([=<>≤≥~])\*[ \t]+\*")
LONGEST_LINE = 50_000
"""characters; a longer line is no prose and is only spaced"""
REACH = 2_000
"""characters within which emphasis must close"""


def plain(line: str) -> str:
    """One line of Markdown as the words it shows, runs of white space as one space.

    Numeric citations of a reference list go with their brackets (``dose [[1](#B1), [2](#B2)].``
    reads ``dose.``), since the list itself is not stored; links to tables and figures, and
    author-year citations, stay as their text.
    """
    if len(line) > LONGEST_LINE:
        return " ".join(line.split())
    line = _CODE.sub(lambda found: _hidden(found[2]), line)
    line = _ESCAPE.sub(lambda found: _hidden(found[1]), line)
    line = _BREAK.sub(" ", _INVISIBLE.sub("", line))
    bare = _uncited(_IMAGE.sub(" ", line))
    has_gaps = bare != line
    line = _AUTOLINK.sub(r"\1", bare)
    while (unlinked := _LINK.sub(r"\1", line)) != line:
        line = unlinked
    line = _ADDRESS.sub(lambda found: _hidden(found[0]), line)
    line = _TAG.sub("", _LOWERED_TAG.sub(r"\1", _RAISED_TAG.sub(r"^\1^", line)))
    line = _STRUCK.sub(r"\1", line)
    line = "|".join(unstarred(cell) for cell in line.split("|"))
    line = _RAISED.sub(_lower, line)
    line = _UNDERLINED.sub(r"\1", _LOWERED.sub(r"\1", line))
    line = _EMPTY.sub("", line) if has_gaps else line
    line = "".join(
        chr(ord(c) - _PRIVATE) if _PRIVATE < ord(c) < _PRIVATE + 128 else c for c in line
    )
    return re.sub(r" ([.,;:)\]])(?=\s|$)", r"\1", " ".join(line.split()))


def _hidden(text: str) -> str:
    return "".join(chr(_PRIVATE + ord(c)) if " " < c < "\x7f" else c for c in text)


def _uncited(line: str) -> str:
    """Numeric citations removed, together with the brackets that held nothing else."""

    def mark(found: re.Match[str]) -> str:
        letters = _ANCHOR.search(found[2]) or re.match(r"([A-Za-z]+)", found[2])
        name = letters[1].lower() if letters else ""
        return CITATION if found[1] or name in _CITED else found[0]

    return without_citations(_CITATION.sub(mark, line))


def without_citations(marked: str) -> str:
    """Text without the marks ``CITATION``, and without the brackets that held nothing else."""
    return _MARKS.sub("", marked) if CITATION in marked else marked


def _lower(found: re.Match[str]) -> str:
    """Raised text: citations go, powers keep a caret, the rest is set on the line."""
    raised = found[1]
    before = found.string[: found.start()][-24:]
    last = before[-1:]
    if last.isdigit() and raised[0] in "-−–+0123456789" and re.search(r"\d", raised):
        return f"^{raised}"
    if _NUMBERS.fullmatch(raised):
        follows_stop = last in tuple(".,;:)]\"'”’™®")
        follows_word = re.search(r"[a-z]{4}$", before) is not None
        is_list = re.search(r"[,–-]", raised) is not None and re.search(r"[A-Za-z]{2}$", before)
        if last and (follows_stop or follows_word or is_list):
            return ""
    return raised


def unstarred(line: str) -> str:
    """A line without the stars of emphasis; every star that may name an allele stays.

    A star before a digit is part of a name (``*2``, ``HLA-B*57:01``) unless it closes emphasis
    after an equals sign (``*P = *0.003``). A star that opens what nothing closes stays too.
    """
    line = _SPACE_BETWEEN_STARS.sub(r"\1 ", _BOLD_NUMBER.sub(r"\1", line))
    out: list[str] = []
    opened, opened_with = -1, 0
    position = 0
    for run in re.finditer(r"\*+", line):
        out.append(line[position : run.start()])
        position = run.end()
        stars = len(run[0])
        before, after = line[run.start() - 1 : run.start()], line[position : position + 1]
        named = after.isdigit()
        stands_alone = before in ("", " ") and after in ("", " ")
        if stands_alone and not (opened >= 0 and opened_with == stars > 1):
            out.append(run[0])
            continue
        if named and stars == 1:
            ends_relation = (
                _RELATION.search(line[max(0, run.start() - 2) : run.start()]) and opened >= 0
            )
            if ends_relation:
                opened = -1
            out.append("" if ends_relation else "*")
            continue
        if opened >= 0:
            # One mark closes; two marks before something close and open again.
            marks = stars - named
            glued = bool(after) and (after.isalnum() or named)
            reopens = marks == 2 and glued and before != "" and stars != opened_with
            out.append("")
            opened = len(out) - 1 if reopens else -1
        elif _opens(line, run, before, after):
            opened, opened_with = len(out), stars - named
            out.append("")
        else:
            out.append("*" * (stars - named))
        if named:
            out.append("*")
    if opened >= 0:
        out[opened] = "*" * opened_with
    out.append(line[position:])
    return "".join(out)


def _opens(line: str, run: re.Match[str], before: str, after: str) -> bool:
    if not after or after.isspace() or after in ").,;:]":
        return False
    closing = re.search(r"\*+(?!\d)|\*{2,}", line[run.end() : run.end() + REACH])
    if closing is None:
        return False
    beyond = line[run.end() + closing.end() :][:1]
    inner = line[run.end() : run.end() + closing.start()]
    is_product = before.isalnum() and (beyond.isalnum() or " " in inner)
    return not is_product or len(run[0]) > 1
