"""Files of results: whatever stood in a cell comes back."""

from __future__ import annotations

import csv

from hypothesis import given, settings
from hypothesis import strategies as st

from retort.tools import result_files


@settings(max_examples=60)
@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), max_size=5))
def test_any_cells_come_back_from_the_result(rows: list[list[str]]) -> None:
    usable = [[cell.replace("\0", "").encode("utf-8", "ignore").decode() for cell in row]
              for row in rows]  # fmt: skip
    text = "".join(result_files.line(row) for row in usable)
    lines = [line + "\n" for line in text.split("\n")[:-1]]
    assert list(csv.reader(lines, strict=True)) == usable
