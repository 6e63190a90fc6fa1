"""Activities by compound: whatever the pages, each compound is shown once, by its best row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retort.tools.chembl.compounds import by_compound
from retort.tools.chembl.records import ActivityPage, ActivityQuery, ActivityRow


def _row(number: int, parent: int, value: float | None, relation: str) -> ActivityRow:
    exact = relation == "=" and value is not None
    return ActivityRow(
        activity_id=str(number),
        molecule_chembl_id=f"CHEMBL{parent}",
        parent_chembl_id=f"CHEMBL{parent}",
        molecule_name=f"M{parent}",
        smiles="",
        target_chembl_id="CHEMBL203",
        target_name="",
        gene="",
        variant="",
        organism="",
        type="IC50",
        relation=relation,
        value=value,
        units="nM",
        pchembl=10 - value / 100 if exact and value is not None else None,
        assay_chembl_id="",
        assay_type="",
        assay_description="",
        confidence_score=None,
        document_chembl_id="",
        year=None,
        doi="",
        pubmed_id="",
        validity="",
        release="",
    )


class Memory:
    """Activities in memory, in the order of every source."""

    def __init__(self, rows: list[ActivityRow]) -> None:
        def place(row: ActivityRow) -> tuple[float, float, int]:
            value = float("inf") if row.value is None else row.value
            return (-(row.pchembl or 0), value, int(row.activity_id))

        self.rows = sorted(rows, key=place)

    def activities(self, query: ActivityQuery) -> ActivityPage:
        ids = query.molecule_ids
        found = [
            row
            for row in self.rows
            if query.accepts(row) and (not ids or row.parent_chembl_id in ids)
        ]
        return ActivityPage(len(found), tuple(found[query.offset : query.offset + query.limit]))


@given(
    raw=st.lists(
        st.tuples(
            st.integers(1, 6),
            st.none() | st.integers(1, 300).map(float),
            st.sampled_from(["=", "<", ">", "~"]),
        ),
        max_size=60,
    ),
    limit=st.integers(1, 5),
    below=st.none() | st.just(100.0),
)
def test_paging_shows_every_compound_once(
    raw: list[tuple[int, float | None, str]], limit: int, below: float | None
) -> None:
    source: Any = Memory([_row(number, *values) for number, values in enumerate(raw)])
    query = ActivityQuery(target_id="CHEMBL203", max_value_nm=below, limit=limit)
    shown: list[ActivityRow] = []
    offset, total = 0, 1
    while offset < total:
        page = by_compound(source, replace(query, offset=offset))
        assert page.next_offset > offset or not page.page.total
        assert len(page.shown) <= limit
        shown += [compound.row for compound in page.shown]
        offset, total = page.next_offset, page.page.total
    accepted = [row for row in source.rows if query.accepts(row)]
    best = {row.parent_chembl_id: row for row in reversed(accepted)}
    assert {row.parent_chembl_id for row in shown} == set(best)
    assert all(best[row.parent_chembl_id] == row for row in shown)
    assert len(shown) == len(best)
