"""The small Markdown of answers, as safe HTML: what a model wrote, literal but for a few marks.

Paragraphs, headings, lists, tables, quotes, code and ``**bold**``. A single ``*`` or ``_`` stays
what it is, because ``CYP2C9*2 and CYP2C9*3`` are alleles and not emphasis; there are no links and
no pictures, because ``C[C@H](N)C(=O)O`` is alanine and not a link. Everything else is escaped.

The HTML is one line: inside an HTML block without a line break no Markdown renderer touches
anything. Knows nothing of answers or of Gradio.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

Link = Callable[[int], str]
"""The HTML of the marker ``[n]``."""

_FENCE = re.compile(r"\s*```")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(?P<text>.*)")
_ITEM = re.compile(r"(?P<indent>\s*)(?:[-*+•]|(?P<number>\d{1,3})[.)])\s+(?P<text>.*)")
_QUOTE = re.compile(r"\s{0,3}>\s?")
_RULE = re.compile(r"\s{0,3}(?:-\s*){3,}$")
_DIVIDER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\*\*(?=\S)(?P<bold>.+?)(?<=\S)\*\*"
    r"|\[(?P<marker>\d{1,3})\]"
    r"|(?<=\w)\\(?P<star>\*)(?=\d)"
    r"|\\(?P<underscore>_)"
)
_CELL = re.compile(r"((?:`[^`]*`|\\\||[^|])*)\|")


def escape(text: str) -> str:
    """Text as HTML shows it, character by character; line breaks and tabs as entities."""
    text = html.escape(text).replace("\r\n", "\n").replace("\t", "&#9;")
    return "".join("&#10;" if char in "\n\r\v\f\x85\u2028\u2029" else char for char in text)


def plain_marker(number: int) -> str:
    """A marker that opens nothing yet."""
    return f'<sup class="cite">[{number}]</sup>'


def to_html(text: str, link: Link = plain_marker) -> str:
    """The HTML of a text, on one line.

    Args:
        text: what a model or a user wrote, in any state of completeness.
        link: makes the HTML of a marker ``[n]``.

    Returns:
        HTML of ``p h4 ul ol li table blockquote pre code strong br hr`` and what ``link`` makes;
        no attribute but classes, no address.
    """
    return "".join(_blocks(text.splitlines(), link))


def inline(text: str, link: Link = plain_marker) -> str:
    """The HTML of a piece of running text."""
    out: list[str] = []
    at = 0
    for match in _INLINE.finditer(text):
        out.append(escape(text[at : match.start()]))
        if match["code"] is not None:
            out.append(f"<code>{escape(match['code'])}</code>")
        elif match["bold"] is not None:
            out.append(f"<strong>{inline(match['bold'], link)}</strong>")
        elif match["marker"] is not None:
            out.append(link(int(match["marker"])))
        else:
            out.append(match["star"] or match["underscore"])
        at = match.end()
    out.append(escape(text[at:]))
    return "".join(out)


def _blocks(lines: list[str], link: Link) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        end = at + 1
        if not line.strip():
            pass
        elif _FENCE.match(line):
            end = _until(lines, at + 1, _FENCE)
            yield f"<pre><code>{escape(chr(10).join(lines[at + 1 : end]))}</code></pre>"
            end += 1
        elif heading := _HEADING.match(line):
            yield f"<h4>{inline(heading['text'].rstrip(' #'), link)}</h4>"
        elif _RULE.match(line):
            yield "<hr>"
        elif _is_table(lines, at):
            end = _while(lines, at, lambda text: "|" in text)
            yield _table(lines[at:end], link)
        elif _ITEM.match(line):
            end = _while(lines, at, lambda text: bool(_ITEM.match(text)) or text[:2] == "  ")
            yield _list(lines[at:end], link)
        elif _QUOTE.match(line):
            end = _while(lines, at, lambda text: bool(_QUOTE.match(text)))
            inner = [_QUOTE.sub("", text, count=1) for text in lines[at:end]]
            yield f"<blockquote>{''.join(_blocks(inner, link))}</blockquote>"
        else:
            while end < len(lines) and not _begins_block(lines, end):
                end += 1
            yield f"<p>{'<br>'.join(inline(text.strip(), link) for text in lines[at:end])}</p>"
        at = end


def _until(lines: list[str], at: int, pattern: re.Pattern[str]) -> int:
    while at < len(lines) and not pattern.match(lines[at]):
        at += 1
    return at


def _while(lines: list[str], at: int, belongs: Callable[[str], bool]) -> int:
    while at < len(lines) and lines[at].strip() and belongs(lines[at]):
        at += 1
    return at


def _begins_block(lines: list[str], at: int) -> bool:
    line = lines[at]
    starts = (_FENCE, _HEADING, _RULE, _ITEM, _QUOTE)
    return not line.strip() or any(p.match(line) for p in starts) or _is_table(lines, at)


def _is_table(lines: list[str], at: int) -> bool:
    following = lines[at + 1] if at + 1 < len(lines) else ""
    return "|" in lines[at] and "|" in following and bool(_DIVIDER.match(following))


def _table(lines: list[str], link: Link) -> str:
    head, *body = [_cells(line) for line in (lines[0], *lines[2:])]
    rows = "".join(_row(cells[: len(head)], "td", link) for cells in body)
    top = f"<thead>{_row(head, 'th', link)}</thead>"
    return f'<div class="wide"><table>{top}<tbody>{rows}</tbody></table></div>'


def _row(cells: list[str], tag: str, link: Link) -> str:
    return f"<tr>{''.join(f'<{tag}>{inline(cell, link)}</{tag}>' for cell in cells)}</tr>"


def _cells(line: str) -> list[str]:
    """The cells of a row; a ``|`` inside code or behind a backslash is none of its walls."""
    text = line.strip()
    text = text[1:] if text.startswith("|") else text
    text = text if text.endswith("|") and not text.endswith("\\|") else f"{text}|"
    return [match[1].strip().replace("\\|", "|") for match in _CELL.finditer(text)]


def _list(lines: list[str], link: Link) -> str:
    """A list; lines that are indented deeper belong to the item before them."""
    first = _ITEM.match(lines[0])
    assert first is not None  # the caller looked
    level = len(first["indent"])
    items: list[tuple[str, list[str]]] = []
    for line in lines:
        match = _ITEM.match(line)
        if match and len(match["indent"]) <= level:
            items.append((match["text"], []))
        else:
            items[-1][1].append(line[level + 2 :])
    body = "".join(
        f"<li>{inline(text, link)}{''.join(_blocks(below, link))}</li>" for text, below in items
    )
    if first["number"] is None:
        return f"<ul>{body}</ul>"
    start = int(first["number"])
    return f"<ol{f' start={chr(34)}{start}{chr(34)}' if start != 1 else ''}>{body}</ol>"
