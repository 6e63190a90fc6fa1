"""The Markdown of answers: a few marks are rendered, everything else is literal."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.ui.markdown import escape, inline, to_html

OURS = set(
    "p h4 ul ol li div table thead tbody tr th td blockquote pre code strong br hr sup".split()
)


class Reader(HTMLParser):
    """What a browser would show, and of which tags it is made."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.shown = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.shown += data


@pytest.mark.parametrize(
    "text",
    [
        "CYP2C9*2 and CYP2C9*3, and *1/*3",
        "C[C@H](N)C(=O)O is alanine, F/C=C\\F is not",
        "a_b_c and __init__ and ~x~",
        "<img src=http://evil.example/a.png onerror=alert(1)>",
        "[x](http://evil.example) and ![y](http://evil.example/b.png) and [z][1x]",
        "$$x^2$$ and \\(a\\) and &amp; and &lt;",
        "http://evil.example/c?d=1&e=2",
        "a | b",
    ],
)
def test_running_text_is_shown_to_the_letter(text: str) -> None:
    read = Reader(to_html(text))
    assert read.shown == text
    assert read.tags == {"p"}


@given(st.text(alphabet=st.sampled_from("ab*_`[]()!<>&\"'|#-+.1\n\\$:/ ~{}="), max_size=60))
def test_no_text_makes_a_tag_of_its_own_or_a_second_line(text: str) -> None:
    made = to_html(text)
    read = Reader(made)
    assert read.tags <= OURS
    assert read.attributes <= {"class", "start"}
    assert len(made.splitlines()) <= 1


@given(st.text(max_size=60))
def test_escaped_text_reads_as_it_was(text: str) -> None:
    same = re.sub("\r\n|[\n\r\v\f\x85\u2028\u2029]", "\n", text)
    assert Reader(f"<p>{escape(text)}</p>").shown == same


def test_tables_keep_pipes_of_code_and_lose_ragged_ends() -> None:
    made = to_html("| a | b |\n|:--|--:|\n| `x|y` | 1 \\| 2 | 3 |\n| only |")
    assert made.count("<tr>") == 3 and made.count("<td>") == 3
    assert "<code>x|y</code>" in made and "<td>1 | 2</td>" in made
    assert "3" not in Reader(made).shown


def test_a_pipe_alone_is_no_table() -> None:
    assert "<table>" not in to_html("a | b\nc | d")


def test_lists_nest_and_keep_their_number() -> None:
    made = to_html("3. one\n   - deep\n4. two")
    assert made == '<ol start="3"><li>one<ul><li>deep</li></ul></li><li>two</li></ol>'


def test_blocks() -> None:
    text = "# Head #\nline **one**\nline two\n\n> said\n\n```py\na  *b*\n\nc\n```\n---\n- x"
    assert to_html(text) == (
        "<h4>Head</h4><p>line <strong>one</strong><br>line two</p>"
        "<blockquote><p>said</p></blockquote><pre><code>a  *b*&#10;&#10;c</code></pre><hr>"
        "<ul><li>x</li></ul>"
    )


def test_an_unfinished_text_is_rendered_as_far_as_it_goes() -> None:
    assert to_html("see ```") == "<p>see ```</p>"
    assert to_html("```\ncode") == "<pre><code>code</code></pre>"
    assert to_html("| a |") == "<p>| a |</p>"


def test_markers_are_handed_to_the_link_but_not_inside_code() -> None:
    made = inline("**so [1]** `[2]` [1234] [x]", lambda number: f"<{number}>")
    assert made == "<strong>so <1></strong> <code>[2]</code> [1234] [x]"


def test_models_that_escape_stars_and_underscores_are_understood() -> None:
    assert inline("CYP2C9\\*2, a\\_b") == "CYP2C9*2, a_b"
    assert inline("F/C=C\\[C@H]") == "F/C=C\\[C@H]"
