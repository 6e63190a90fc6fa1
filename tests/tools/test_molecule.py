from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from rdkit import Chem

from retort.retrieval.errors import OutageError, RetortError
from retort.tools.molecule import Molecule, MoleculeBook
from retort.tools.records import ToolResult

Call = Callable[..., tuple[str, ToolResult]]
Refusal = Callable[[Callable[[], Any]], RetortError]

IMATINIB = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"


@pytest.mark.parametrize(
    ("text", "matched_by"),
    [
        ("imatinib", "name"),
        ("IMATINIB", "name"),
        (" `Imatinib` ", "name"),
        ("Gleevec", "synonym"),
        ("sti-571", "synonym"),
        ("CHEMBL941", "ChEMBL id"),
        ("chembl941", "ChEMBL id"),
        ("KTUFNOKKBVMGRW-UHFFFAOYSA-N", "InChIKey"),
        (IMATINIB, "SMILES"),
        ("n1c(nccc1-c1cnccc1)Nc1cc(ccc1C)NC(=O)c1ccc(cc1)CN1CCN(CC1)C", "SMILES"),
    ],
)
def test_every_door_leads_to_the_same_molecule(
    book: MoleculeBook, text: str, matched_by: str
) -> None:
    first = book.resolve("imatinib")
    again = book.resolve(text)
    assert (again.handle, again.smiles, again.inchikey) == ("M1", first.smiles, first.inchikey)
    assert (again.name, again.chembl_id, again.formula) == ("Imatinib", "CHEMBL941", "C29H31N7O")
    assert again.matched_by == matched_by
    assert len(book.all()) == 1


def test_inchi_is_read(book: MoleculeBook) -> None:
    by_inchi = book.resolve("InChI=1S/C9H8O4/c1-6(10)13-8-5-3-2-4-7(8)9(11)12/h2-5H,1H3,(H,11,12)")
    assert (by_inchi.name, by_inchi.matched_by) == ("Aspirin", "InChI")
    assert book.resolve("aspirin").handle == by_inchi.handle


def test_handles_count_up_and_are_understood_in_any_case(book: MoleculeBook) -> None:
    assert [book.resolve(text).handle for text in ("aspirin", "CCO", "OCC")] == ["M1", "M2", "M2"]
    assert book.resolve("m2").smiles == "CCO"
    assert book.resolve("Aspirin (M1)").matched_by == "handle"
    assert book.resolve("CCO (M2)").handle == "M2"


def test_a_handle_with_the_wrong_name_is_not_believed(book: MoleculeBook, refusal: Refusal) -> None:
    book.resolve("aspirin")
    error = refusal(lambda: book.resolve("Ibuprofen (M1)"))
    assert "Ibuprofen (M1)" in error.what


def test_unknown_handle_names_those_that_exist(book: MoleculeBook, refusal: Refusal) -> None:
    book.resolve("aspirin")
    error = refusal(lambda: book.resolve("M7"))
    assert "M7" in error.what and "M1" in error.why


def test_records_are_frozen(book: MoleculeBook) -> None:
    with pytest.raises(FrozenInstanceError):
        book.resolve("CCO").name = "ethanol"  # type: ignore[misc]


@pytest.mark.parametrize("text", ["C", "CO", "CCO", "COCOS", "N", "c1ccccc1"])
def test_short_texts_that_no_one_knows_as_names_are_structures(
    book: MoleculeBook, text: str
) -> None:
    assert book.resolve(text).matched_by == "SMILES"


def test_a_known_name_that_reads_as_smiles_is_the_name(book: MoleculeBook) -> None:
    found = book.resolve("CNS")
    assert (found.name, found.matched_by) == ("Cisplatin", "synonym")
    assert "as a SMILES it would be CH5NS" in found.note


@pytest.mark.parametrize(
    ("text", "name", "note"),
    [
        ("“Imatinib”,", "Imatinib", ""),
        ("imatinib.", "Imatinib", ""),
        ("ima\u200btinib", "Imatinib", ""),
        ("STI 571", "Imatinib", ""),
        ("sti571", "Imatinib", ""),
        ("imatinib mesilate", "Imatinib mesylate", "another spelling"),
        ("aspirin lysinate", "Aspirin", "without the salt or form"),
        ("Imatinib (CHEMBL941)", "Imatinib", ""),
        ("Gleevec (CHEMBL25)", "Aspirin", "not known as Gleevec"),
    ],
)
def test_other_ways_to_write_a_name(book: MoleculeBook, text: str, name: str, note: str) -> None:
    found = book.resolve(text)
    assert found.name == name
    assert note in found.note and bool(note) == bool(found.note)


def test_a_misspelt_name_is_never_taken_for_the_near_one(
    book: MoleculeBook, refusal: Refusal
) -> None:
    assert "Imatinib" in refusal(lambda: book.resolve("imatinub mesilate")).why
    assert book.all() == ()


@pytest.mark.parametrize("text", ["DB00619", "CID:2244", "50-78-2"])
def test_ids_of_other_databases_are_named(book: MoleculeBook, refusal: Refusal, text: str) -> None:
    error = refusal(lambda: book.resolve(text))
    assert text in error.what and "unknown to ChEMBL 99" in error.what


@pytest.mark.parametrize("writer", [Chem.MolToMolBlock, Chem.MolToV3KMolBlock])
@pytest.mark.parametrize(
    "change",
    [
        str,
        str.lstrip,
        lambda block: block + "> <id>\n7\n\n$$$$\n",
        lambda block: block.replace("\n", "\r\n"),
        lambda block: block.replace("\n", "\\n"),
    ],
)
def test_mol_blocks_are_read_as_they_are_pasted(
    book: MoleculeBook, writer: Callable[[Any], str], change: Callable[[str], str]
) -> None:
    block = writer(Chem.MolFromSmiles("CC(=O)Oc1ccccc1C(=O)O"))
    found = book.resolve(change(block))
    assert (found.name, found.matched_by) == ("Aspirin", "mol block")


def test_polymers_and_r_groups_are_refused(book: MoleculeBook, refusal: Refusal) -> None:
    group = Chem.MolToMolBlock(Chem.MolFromSmiles("*c1ccccc1"))
    assert "R group" in refusal(lambda: book.resolve(group)).why
    lines = Chem.MolToMolBlock(Chem.MolFromSmiles("CCOC")).splitlines()
    unit = ["M  STY  1   1 SRU", "M  SAL   1  2   2   3", "M  SMT   1 n", "M  END"]
    assert "polymer" in refusal(lambda: book.resolve("\n".join([*lines[:-1], *unit]))).why


def test_the_first_block_of_a_key_finds_what_was_met(book: MoleculeBook) -> None:
    book.resolve("C[C@H](N)C(=O)O")
    one = book.resolve("QNAYBMKLOCPYGJ")
    assert (one.handle, one.matched_by, one.note) == ("M1", "InChIKey", "")
    book.resolve("C[C@@H](N)C(=O)O")
    assert "(M2)" in book.resolve("QNAYBMKLOCPYGJ").note


@pytest.mark.parametrize(
    "text", ["Aspirin (M1)", "aspirin (m1)", "M1 (aspirin)", "Acetylsalicylic acid [M1]", "M1."]
)
def test_names_with_their_handle(book: MoleculeBook, text: str) -> None:
    book.resolve("aspirin")
    assert book.resolve(text).handle == "M1" and len(book.all()) == 1


def test_a_handle_of_another_molecule_is_not_believed(book: MoleculeBook, refusal: Refusal) -> None:
    book.resolve("aspirin")
    assert "M1 is Aspirin, not Imatinib" in refusal(lambda: book.resolve("Gleevec (M1)")).why


def test_open_stereo_and_labels_are_told(book: MoleculeBook) -> None:
    assert "1 of 1 stereocentre undefined" in book.resolve("CC(N)C(=O)O").remarks
    assert "isotope labels kept: 13C" in book.resolve("[13CH3]O").remarks
    assert "mesylate left out" in book.resolve("imatinib mesylate").remarks


def test_ambiguous_names_list_the_others(book: MoleculeBook) -> None:
    found = book.resolve("doublet")
    assert found.name == "Cisplatin"
    assert "Doublet acid (CHEMBL900001)" in found.note
    assert book.resolve(found.handle).note == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("C1CC(", "syntax error while parsing near character 5"),
        ("C1CC", "unclosed ring"),
        ("CC(=O", "extra open parentheses"),
        ("c1cccc1", "kekulize"),
        ("C(C)(C)(C)(C)C", "Explicit valence for atom # 0 C, 5"),
        ("CC(=O)Xc1ccccc1", "syntax error while parsing near character 7"),
        ("C[C@H](Q)=O", "syntax error"),
        ("*CC", "wildcard"),
        ("InChI=1S/C2H6O/nonsense", "RDKit"),
        ("C%1", "RDKit"),
    ],
)
def test_bad_structures_carry_the_text_and_the_reason(
    book: MoleculeBook, refusal: Refusal, text: str, reason: str
) -> None:
    error = refusal(lambda: book.resolve(text))
    assert f'"{text}"' in error.what
    assert reason in error.why
    assert book.all() == ()


def test_bad_structures_keep_rdkit_quiet(
    book: MoleculeBook, capfd: pytest.CaptureFixture[str]
) -> None:
    for text in ("C1CC(", "c1cccc1", "unobtainium"):
        with pytest.raises(RetortError):
            book.resolve(text)
    book.resolve("CC(=O)[O-].[Na+]")
    captured = capfd.readouterr()
    assert captured.err == "" and captured.out == ""


def test_unknown_name_gets_near_names(book: MoleculeBook, refusal: Refusal) -> None:
    error = refusal(lambda: book.resolve("imatinub"))
    assert error.what == 'No molecule named "imatinub" in ChEMBL 99.'
    assert "nearest: Imatinib" in error.why
    nothing = refusal(lambda: book.resolve("unobtainium"))
    assert "nothing is near" in nothing.why
    assert "Aspirin" in refusal(lambda: book.resolve("aspirin nonesuch")).why


@pytest.mark.parametrize("text", ["CHEMBL1", "AAAAAAAAAAAAAA-UHFFFAOYSA-N"])
def test_unknown_identifiers_are_said_to_be_unknown(
    book: MoleculeBook, refusal: Refusal, text: str
) -> None:
    assert text in refusal(lambda: book.resolve(text)).what


@pytest.mark.parametrize("text", ["", "   ", "``", "\n\t"])
def test_empty_text(book: MoleculeBook, refusal: Refusal, text: str) -> None:
    assert "empty" in refusal(lambda: book.resolve(text)).why


def test_absurdly_long_text_is_refused_before_anything_is_asked(
    book: MoleculeBook, chembl: Any, refusal: Refusal
) -> None:
    error = refusal(lambda: book.resolve("C" * 5_001))
    assert "5,001 characters" in error.why and len(error.what) < 200
    assert chembl.asked == []


def test_more_than_a_thousand_heavy_atoms_are_no_molecule_here(
    book: MoleculeBook, refusal: Refusal
) -> None:
    assert "1,200 heavy atoms" in refusal(lambda: book.resolve("C" * 1_200)).why


def test_salts_keep_their_form_and_name_their_parent(book: MoleculeBook) -> None:
    salt, base = book.resolve("imatinib mesylate"), book.resolve("imatinib")
    assert salt.handle != base.handle
    assert salt.formula == "C30H35N7O4S" and salt.components == 2
    assert salt.parent == base.smiles == base.parent
    assert "parent is Cc1ccc(NC(=O)" in salt.remarks and base.remarks == ""


def test_what_has_no_carbon_is_its_own_parent(book: MoleculeBook) -> None:
    salt = book.resolve("[Na+].[Cl-]")
    assert salt.parent == salt.smiles and salt.remarks == ""


def test_biologics_have_a_handle_but_no_structure(book: MoleculeBook, refusal: Refusal) -> None:
    antibody = book.resolve("Herceptin")
    assert (antibody.name, antibody.smiles) == ("Trastuzumab", "")
    assert "CHEMBL1201585" in refusal(antibody.structure).why


def test_an_outage_is_never_an_absence(book: MoleculeBook, chembl: Any) -> None:
    chembl.is_down = True
    for text in ("imatinib", "CHEMBL941", "KTUFNOKKBVMGRW-UHFFFAOYSA-N", "unobtainium"):
        with pytest.raises(OutageError):
            book.resolve(text)


def test_structures_work_without_chembl_and_get_their_name_later(
    book: MoleculeBook, chembl: Any
) -> None:
    chembl.is_down = True
    bare = book.resolve("CC(=O)Oc1ccccc1C(=O)O")
    assert (bare.handle, bare.name) == ("M1", "") and "could not be asked" in bare.note
    assert book.resolve("CCO").matched_by == "SMILES"
    chembl.is_down = False
    named = book.resolve("CC(=O)Oc1ccccc1C(=O)O")
    assert (named.handle, named.name, named.note) == ("M1", "Aspirin", "")
    assert book.resolve("M1").name == "Aspirin"


def test_a_text_is_looked_up_once(book: MoleculeBook, chembl: Any) -> None:
    for _ in range(3):
        book.resolve("imatinib")
    assert chembl.asked == ["imatinib"]


def test_tautomers_share_a_handle_and_say_so(book: MoleculeBook) -> None:
    first = book.resolve("Oc1ccccn1")
    second = book.resolve("O=c1cccc[nH]1")
    assert second.handle == first.handle == "M1"
    assert second.smiles == first.smiles and "InChIKey of M1" in second.note


def test_stereoisomers_and_charge_states_are_different_molecules(book: MoleculeBook) -> None:
    texts = ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "CC(N)C(=O)[O-]")
    assert len({book.resolve(text).handle for text in texts}) == 4


@pytest.mark.parametrize(
    "smiles",
    [
        "CC#N",
        "C/C=C/C",
        "C/C=C\\C",
        "[13CH3][C@@H](N)C(=O)O",
        "C%12CCCCC%12",
        "CC[C@H]1OC(=O)[C@H](C)[C@@H](O[C@H]2C[C@@](C)(OC)[C@@H](O)[C@H](C)O2)[C@H](C)[C@@H]"
        "(O[C@@H]2O[C@H](C)C[C@@H]([C@H]2O)N(C)C)[C@](C)(O)C[C@@H](C)C(=O)[C@H](C)[C@@H](O)"
        "[C@]1(C)O",
        "O=[N+]([O-])c1ccccc1",
        "[Na+].CC(=O)[O-]",
        "[2H]C([2H])([2H])O",
    ],
)
def test_signs_of_smiles_survive(book: MoleculeBook, smiles: str) -> None:
    found = book.resolve(smiles)
    assert found.asked_as == smiles
    assert book.resolve(found.smiles).handle == found.handle


def test_a_book_opens_where_another_was_closed(book: MoleculeBook, chembl: Any) -> None:
    for text in ("imatinib mesylate", "CCO"):
        book.resolve(text)
    stored = json.dumps([molecule.as_dict() for molecule in book.all()])
    reopened = MoleculeBook(chembl, known=map(Molecule.from_dict, json.loads(stored)))
    assert reopened.all() == book.all()
    assert reopened.resolve("imatinib").handle == "M3"
    assert reopened.resolve("OCC").handle == "M2"


def test_a_book_opens_from_the_cards_of_an_answer(book: MoleculeBook, chembl: Any) -> None:
    card = book.resolve("imatinib").card()
    held = MoleculeBook(chembl, known=[Molecule.from_dict(card)]).resolve("M1")
    assert (held.name, held.formula, held.parent) == ("Imatinib", "C29H31N7O", held.smiles)


def test_many_threads_get_one_handle_per_molecule(book: MoleculeBook) -> None:
    texts = ["imatinib", "Gleevec", "CHEMBL941", IMATINIB, "aspirin", "CCO", "OCC", "C1CC("] * 12

    def resolve(text: str) -> str:
        try:
            return book.resolve(text).handle
        except RetortError as error:
            return error.why

    with ThreadPoolExecutor(8) as pool:
        handles = list(pool.map(resolve, texts))
    by_text = {
        text: {h for t, h in zip(texts, handles, strict=True) if t == text} for text in texts
    }
    assert all(len(seen) == 1 for seen in by_text.values())
    assert by_text["imatinib"] == by_text["Gleevec"] == by_text["CHEMBL941"] == by_text[IMATINIB]
    assert by_text["CCO"] == by_text["OCC"]
    assert "character 5" in by_text["C1CC("].pop()
    assert [molecule.handle for molecule in book.all()] == ["M1", "M2", "M3"]


def test_find_molecule_gives_a_database_record(call: Call) -> None:
    content, result = call("find_molecule", molecule="Gleevec")
    (item,) = result.evidence
    assert result.summary == "Found Imatinib is M1, by synonym"
    assert (item.kind, item.source_id) == ("chembl", "CHEMBL941")
    assert item.url == "https://www.ebi.ac.uk/chembl/explore/compound/CHEMBL941"
    assert item.quote == (
        "Imatinib (M1): ChEMBL id CHEMBL941; formula C29H31N7O; SMILES "
        f"{IMATINIB}; InChIKey KTUFNOKKBVMGRW-UHFFFAOYSA-N; highest phase 4 (approved); "
        "first approved 2001; also called Gleevec, STI-571."
    )
    assert item.record["record"] == "molecule" and item.record["matched_by"] == "synonym"
    assert result.molecules[0]["handle"] == "M1"
    assert "M1" in content and item.quote in content
    json.dumps(result.as_dict())


def test_find_molecule_of_a_bare_structure_is_a_calculation(call: Call) -> None:
    _, result = call("find_molecule", molecule="CCO")
    (item,) = result.evidence
    assert item.kind == "calculation" and item.source_id.startswith("RDKit 20")
    assert item.record["release"] == "" and item.url == ""
