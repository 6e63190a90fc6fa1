"""Raw values to record values, and a user's words to ChEMBL's."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.tools.chembl import reading
from retort.tools.chembl.evidence import figure
from retort.tools.chembl.fields import RESOURCES
from retort.tools.chembl.web_molecules import molecule
from retort.tools.chembl.web_targets import target


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("OSIMERTINIB MESYLATE", "Osimertinib mesylate"),
        ("N-ACETYL-L-CYSTEINE", "N-acetyl-L-cysteine"),
        ("SN-38", "SN-38"),
        ("VITAMIN D", "Vitamin D"),
        ("AZD-9291", "AZD-9291"),
        ("Acetylsalicylic acid", "Acetylsalicylic acid"),
        (None, "CHEMBL1"),
        ("", "CHEMBL1"),
    ],
)
def test_display_name(raw: str | None, shown: str) -> None:
    assert reading.display_name(raw, "CHEMBL1") == shown


@given(st.text(max_size=30))
def test_a_displayed_name_is_the_same_name(name: str) -> None:
    shown = reading.display_name(name, "x")
    assert shown.casefold() == " ".join(name.split()).casefold() or shown in (name.strip(), "x")
    assert reading.display_name(shown, "x") == shown or shown.isupper()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_as_numbers_or_strings(value: float) -> None:
    assert reading.number(str(value)) == reading.number(value) == value


@pytest.mark.parametrize(
    "raw",
    [
        *(None, "", " ", "n/a", "NaN", "nan", "inf", "-Infinity", "1e400", "-1e999", "1,5", "0x10"),
        *(float("nan"), float("inf"), float("-inf"), 10**400, [], {}, [1], {"value": 1}, b"1", 1j),
    ],
)
def test_what_is_no_number_is_none(raw: object) -> None:
    assert reading.number(raw) is None
    assert reading.integer(raw) is None
    assert reading.flag(raw) is None


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5)
    | st.sampled_from(["NaN", "1e400", "-1", "33.0", "CHEMBL25", "GENE_SYMBOL", 10**400]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(HOSTILE)
def test_no_raw_value_is_too_much(raw: object) -> None:
    value, whole, yes = reading.number(raw), reading.integer(raw), reading.flag(raw)
    assert value is None or math.isfinite(value)
    assert (value is None) == (whole is None) == (yes is None)
    assert whole is None or abs(whole) <= abs(value or 0)
    written = reading.text(raw)
    assert written == written.strip()
    assert written.casefold() not in ("nan", "inf", "-inf") or isinstance(raw, str)
    assert isinstance(reading.display_name(raw, "x"), str)
    assert reading.distinct([raw, raw]) == ((written,) if written else ())


@given(HOSTILE, HOSTILE)
def test_a_release_is_named_whatever_stands_there(one: object, other: object) -> None:
    assert reading.release_name([one, other])


@given(st.text(max_size=40))
def test_a_document_key_is_of_its_column(asked: str) -> None:
    column, key = reading.document_key(asked)
    assert (column == "") == (key == "")
    assert key == "" or reading.document_key(key) == (column, key)


NAMES = ("parent_chembl_id", "canonical_smiles", "molecule_synonym", "synonyms", "accession")
NESTED = st.recursive(
    HOSTILE,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from((*NAMES, "target_component_synonyms")), inner, max_size=3)
    ),
    max_leaves=4,
)


@pytest.mark.parametrize(("resource", "reader"), [("molecule", molecule), ("target", target)])
@given(data=st.data())
def test_a_row_is_refused_at_the_door_or_read(resource: str, reader: Any, data: Any) -> None:
    """What the form of a resource lets in becomes a record, without an exception."""
    only = tuple(RESOURCES[resource].fields)
    row = data.draw(st.dictionaries(st.sampled_from(only), NESTED)) | {only[0]: "CHEMBL1"}
    if not RESOURCES[resource].faulty(row, only):
        assert reader(row).chembl_id == "CHEMBL1"
    for odd in (None, "", 7, ["CHEMBL1"]):
        assert RESOURCES[resource].faulty(row | {only[0]: odd}, only)


@given(st.lists(st.text(max_size=5)))
def test_distinct_loses_no_name(names: list[str]) -> None:
    kept = reading.distinct(names)
    assert {name.casefold() for name in kept} == {
        name.strip().casefold() for name in names if name.strip()
    }
    assert len({name.casefold() for name in kept}) == len(kept)


@pytest.mark.parametrize(
    ("names", "release"),
    [
        (["ChEMBL_9", "ChEMBL_35", "BAO 2.0"], "ChEMBL 35"),
        (["RETORT_STARTER_1"], "Retort starter 1"),
        ([], "ChEMBL, unknown release"),
    ],
)
def test_release_name(names: list[str], release: str) -> None:
    assert reading.release_name(names) == release


def test_spellings_of_a_target() -> None:
    assert reading.spellings(" human  COX 2 ") == ["human COX 2", "COX 2", "COX-2", "COX2"]
    assert "COX-2" in reading.spellings("COX2")
    assert reading.spellings("PPARγ")[0] == "PPARgamma"
    assert reading.spellings("EGFR (Homo sapiens)")[1] == "EGFR"
    assert reading.spellings("  ") == []


@given(st.text(max_size=20))
def test_the_first_spelling_is_the_text(asked: str) -> None:
    names = reading.spellings(asked)
    assert bool(names) == bool(asked.strip())
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("asked", "types"),
    [
        ("ic50", ("IC50",)),
        ("pIC50", ("IC50",)),
        ("Ki or kd", ("Ki", "Kd")),
        ("IC50, Ki, ic50", ("IC50", "Ki")),
        ("IC50/Ki", ("IC50/Ki",)),
        ("binding affinity", ("Ki", "Kd")),
        ("any", ()),
        ("", ()),
    ],
)
def test_activity_types(asked: str, types: tuple[str, ...]) -> None:
    assert reading.activity_types(asked) == types


@pytest.mark.parametrize(
    ("value", "written"),
    [(33.0, "33"), (0.17, "0.17"), (1e6, "1000000"), (0.0, "0"), (1e-15, "1e-15"), (-5.2, "-5.2")],
)
def test_figures_have_no_needless_digits(value: float, written: str) -> None:
    assert figure(value) == written


def test_closest_is_ranked_and_bounded() -> None:
    names = ["IMATINIB", "IMATINIB MESYLATE", "NILOTINIB", "DASATINIB"]
    assert reading.closest("imatinb", names, 2)[0] == "Imatinib"
    assert len(reading.closest("tinib", names, 1)) <= 1
    assert reading.closest("unobtainium", names, 5) == []
