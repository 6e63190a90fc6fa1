"""The filters of activities: what SQL leaves in is what ``ActivityQuery.accepts`` accepts."""

from __future__ import annotations

from typing import Any

import pytest

from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.records import WILD_TYPE, ActivityQuery

EGFR = {"target_id": "CHEMBL203"}
EVERY = EGFR | {"flagged": True, "duplicates": True, "limit": 1000}


def ids(source: LocalSource, **asked: Any) -> list[int]:
    return [int(row.activity_id) for row in source.activities(ActivityQuery(**asked)).rows]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # 105 is a percentage, 104 is "> 5": only exact and ">" rows prove "above 10 nM"
        ({"min_value_nm": 10}, [113, 117, 102, 119]),
        ({"min_value_nm": 10, "max_value_nm": 20}, [113, 117]),
        ({"relations": (">",)}, [104, 119]),
        ({"relations": ("",)}, [111]),
        ({"units": ("ug.mL-1", "%")}, [112, 105]),
        ({"variant": "t790M"}, [114]),
        ({"min_confidence": 9, "types": ("Ki",)}, [117]),
        ({"assay_types": ("F",)}, []),
        ({"organism": "homo sapiens", "types": ("Ki",)}, [117]),
        ({"organism": "Mus musculus"}, []),
        ({"document_id": "chembl3259999", "types": ("IC50",)}, [114, 113, 118]),
        ({"flagged": True, "min_pchembl": 9.5}, [115, 101]),
        (
            {"duplicates": True, "document_id": "CHEMBL3259999", "min_pchembl": 7},
            [114, 113, 116, 117],
        ),
    ],
    ids=str,
)
def test_a_filter(local: LocalSource, asked: dict[str, Any], expected: list[int]) -> None:
    assert ids(local, **EGFR, **asked) == expected
    # the same by the record's own rule, over all rows of the target
    if "document_id" not in asked:
        query = ActivityQuery(**EGFR, **asked)
        every = local.activities(ActivityQuery(**EVERY)).rows
        assert [int(row.activity_id) for row in every if query.accepts(row)] == expected


def test_wild_type_is_what_has_no_mutation(local: LocalSource) -> None:
    rows = local.activities(ActivityQuery(**EGFR, variant=WILD_TYPE, limit=1000))
    assert rows.total == local.activities(ActivityQuery(**EGFR)).total - 1


def test_rows_let_in_are_marked_and_counted(local: LocalSource) -> None:
    page = local.activities(ActivityQuery(**EVERY))
    by_id = {row.activity_id: row for row in page.rows}
    assert by_id["115"].validity == "Outside typical range" and by_id["116"].duplicate
    assert (page.flagged, page.duplicates) == (1, 1)
    without = local.activities(ActivityQuery(**EGFR))
    assert page.total == without.total + 2
    assert (without.flagged, without.duplicates) == (1, 1)


def test_a_document_alone_is_enough(local: LocalSource) -> None:
    page = local.activities(ActivityQuery(document_id="CHEMBL3259999"))
    assert page.total == 4 and page.duplicates == page.flagged == 1
