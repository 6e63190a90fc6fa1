"""Check the starter ChEMBL file against the public data sets that its facts were read from.

    python benchmarks/check_starter.py [--data ../shared/data]

Every drug, synonym, target, mechanism, indication and activity of ``tools/chembl/starter`` is
looked up again. Prints one line per table and every contradiction; exits 1 when there is one, and 0
with a message when the data are not there. Knows the layout of the data folder; the tables do not.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path

from rdkit import Chem, rdBase
from rdkit.Chem import rdinchi

from retort.tools.chembl.starter import rows, split

Problems = list[str]
CUE = re.compile(r"approv|indicat|licen[sc]|treat|therap|patients|receiv|efficac", re.IGNORECASE)
INTERNATIONAL = {
    "ALBUTEROL": "SALBUTAMOL",
    "GLYBURIDE": "GLIBENCLAMIDE",
    "ACETAMINOPHEN": "PARACETAMOL",
}
KEYS = {
    "CISPLATIN": "LXZZYRPGZAFOLE-UHFFFAOYSA-L",
    "CARBOPLATIN": "OLESAACUTLOWQZ-UHFFFAOYSA-L",
    "BENZENE": "UHOVQNZJYSORNB-UHFFFAOYSA-N",
    "METHANOL": "OKKJLVBELUTLKV-UHFFFAOYSA-N",
}
"""InChIKeys, as PubChem gives them, of what drughelper lists without a structure or not at all"""
DAVIS_NAMES = {
    "MAP2K1": "MEK1",
    "MAP2K2": "MEK2",
    "KDR": "VEGFR2",
    "TEK": "TIE2",
    "NTRK1": "TRKA",
    "NTRK2": "TRKB",
    "NTRK3": "TRKC",
    "MAPK14": "p38-alpha",
    "MAPK8": "JNK1",
    "YES1": "YES",
    "PTK2": "FAK",
    "CDK4": "CDK4-cyclinD1",
    "JAK1": "JAK1(JH1domain-catalytic)",
    "JAK2": "JAK2(JH1domain-catalytic)",
    "JAK3": "JAK3(JH1domain-catalytic)",
    "TYK2": "TYK2(JH1domain-catalytic)",
}


class Source:
    """The data folder: its tables as dictionaries, and the sentences that name a drug."""

    def __init__(self, data: Path) -> None:
        self.molecules = data / "molecules"
        self.literature = data / "literature"

    def table(self, name: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
        """Rows of a table under ``molecules``."""
        path = self.molecules / name
        opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8")
        with opened as lines:
            yield from csv.DictReader(lines, delimiter=delimiter)

    @cached_property
    def sentences(self) -> dict[str, list[str]]:
        """Drug name in capitals -> sentences of the literature that name it."""
        known = {row["name"]: row["name"] for row in rows("drugs")}
        known |= {other: name for name, other in INTERNATIONAL.items() if name in known}
        pattern = re.compile(rf"\b({'|'.join(known)})\b", re.IGNORECASE)
        found: dict[str, list[str]] = defaultdict(list)
        for text in self._texts():
            for sentence in re.split(r"(?<=[.!?])\s+", text.replace("\n", " ")):
                if len(sentence) < 600:
                    for name in {word.upper() for word in pattern.findall(sentence)}:
                        found[known[name]].append(sentence)
        return found

    def _texts(self) -> Iterator[str]:
        for name in ("bioasq", "scifact"):
            with (self.literature / name / "corpus.jsonl").open(encoding="utf-8") as lines:
                for line in lines:
                    record = json.loads(line)
                    yield f"{record.get('title', '')}. {record.get('text', '')}"
        for path in sorted((self.literature / "pharmacogenomics" / "papers").glob("*.md")):
            yield path.read_text(encoding="utf-8")


@cache
def inchikey(smiles: str) -> str:
    """InChIKey of the structure as written; empty when it cannot be read."""
    mol = Chem.MolFromSmiles(smiles)
    return str(rdinchi.MolToInchiKey(mol)) if mol else ""


@cache
def parent_inchikey(smiles: str) -> str:
    """InChIKey of the largest fragment; empty when it cannot be read."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return ""
    fragments = Chem.GetMolFrags(mol, asMols=True)
    return str(rdinchi.MolToInchiKey(max(fragments, key=lambda part: part.GetNumHeavyAtoms())))


def names_of(drug: str) -> set[str]:
    """The name that ChEMBL prefers and, where it differs, the international one."""
    return {drug, INTERNATIONAL.get(drug, drug)}


def drugs(source: Source) -> Problems:
    """Name, id, structure and phase against drughelper; structure and approval against two more."""
    listed = {row["Chemblid"]: row for row in source.table("drughelper/datosChembl.tsv", "\t")}
    others: dict[str, set[str]] = defaultdict(set)
    for row in source.table("admet_ai/drugbank_approved.csv"):
        others[row["name"].upper()].add(parent_inchikey(row["smiles"])[:14])
    approvals: dict[str, set[str]] = defaultdict(set)
    for row in source.table("drug_mechanisms/drugs_out.csv"):
        key = parent_inchikey(row["SMILES"])
        others[row["PREF_NAME_drug"]].add(key[:14])
        approvals[key].add(row["FIRST_APPROVAL"].split(".")[0])
    problems = []
    for row in rows("drugs"):
        key, entry = inchikey(row["smiles"]), listed.get(row["chembl_id"])
        expected = KEYS.get(row["name"], "")
        if expected and expected != key:
            problems.append(f"{row['name']}: not the InChIKey {expected}")
        elif entry is None and expected and not row["max_phase"]:
            pass  # a plain chemical, no drug
        elif entry is None or entry["Drug"] != row["name"]:
            problems.append(f"{row['name']} {row['chembl_id']}: not this name in drughelper")
        elif not expected and inchikey(entry["canonical"]) != key:
            problems.append(f"{row['name']}: another structure in drughelper")
        elif float(entry["max_phase"]) != float(row["max_phase"]):
            problems.append(f"{row['name']}: phase {entry['max_phase']} in drughelper")
        for name in names_of(row["name"]):
            core = parent_inchikey(row["smiles"])
            if others.get(name) and core[:14] not in others[name]:
                problems.append(f"{row['name']}: another structure under this name elsewhere")
        if row["first_approval"] and row["first_approval"] not in approvals[core]:
            problems.append(f"{row['name']}: approval {row['first_approval']} not confirmed")
    return problems


def synonyms(source: Source) -> Problems:
    """Each synonym stands in drughelper under the drug or one of its salts."""
    known: dict[str, set[str]] = defaultdict(set)
    structures = {row["name"]: inchikey(row["smiles"])[:14] for row in rows("drugs")}
    for row in source.table("drughelper/datosChembl.tsv", "\t"):
        forms = {parent_inchikey(row["canonical"])[:14], inchikey(row["canonical"])[:14]}
        # A salt's trade name is one of its parent, too.
        for name in {row["Drug"], row["Drug"].split(" ")[0]}:
            if row["Drug"] in KEYS or structures.get(name) in forms - {""}:
                known[name] |= {word.strip().lower() for word in row["synonyms"].split(";;;")}
    names = {row["chembl_id"]: row["name"] for row in rows("drugs")}
    return [
        f"{names[row['chembl_id']]}: synonym {row['synonym']} not confirmed"
        for row in (*rows("synonyms"), *rows("other_names"))
        if row["synonym"].lower() not in known[names[row["chembl_id"]]]
    ]


def targets(source: Source) -> Problems:
    """Name, type and organism against the mechanism table; kinase accessions by their sequences."""
    listed = {
        row["CHEMBL_ID_target"]: (row["PREF_NAME_target"], row["TARGET_TYPE"], row["ORGANISM"])
        for row in source.table("drug_mechanisms/drugs_out.csv")
    }
    folder = source.molecules / "deepdta"
    sequences = json.loads((folder / "davis" / "proteins.txt").read_text())
    kiba = json.loads((folder / "kiba" / "proteins.txt").read_text())
    accessions = {sequence: accession for accession, sequence in kiba.items()}
    problems = []
    for row in rows("targets"):
        here = (row["name"], row["target_type"], row["organism"])
        if listed.get(row["chembl_id"], here) != here:
            problems.append(f"{row['chembl_id']}: {listed[row['chembl_id']]} in drug_mechanisms")
        genes = split(row["genes"])
        if len(genes) == 1 and row["organism"] == "Homo sapiens":
            sequence = sequences.get(DAVIS_NAMES.get(genes[0], genes[0]), "")
            if accessions.get(sequence) not in (None, row["accessions"]):
                problems.append(f"{genes[0]}: the sequence is that of {accessions[sequence]}")
    return problems


def mechanisms(source: Source) -> Problems:
    """Each mechanism in the table that its ``source`` column names."""
    stated: set[tuple[str, ...]] = set()
    for row in source.table("drug_mechanisms/drugs_out.csv"):
        fact = row["CHEMBL_ID_target"], row["MECHANISM_OF_ACTION"], row["ACTION_TYPE"]
        stated.add((parent_inchikey(row["SMILES"]), *fact))
    for row in source.table("drugcentral/targets.tsv", "\t"):
        stated.add((row["drugbank_name"].upper(), row["GeneID"], row["actions"].upper()))
    classes: dict[str, str] = defaultdict(str)
    for row in source.table("admet_ai/drugbank_approved.csv"):
        classes[row["name"].upper()] += " ".join(row[f"atc_name_{n}"] for n in (1, 2, 3, 4))
    genes = {row["chembl_id"]: row["entrez_gene"] for row in rows("targets")}
    named = {row["chembl_id"]: row for row in rows("drugs")}

    def confirmed(row: dict[str, str]) -> bool:
        drug, target, action = named[row["chembl_id"]], row["target_chembl_id"], row["action_type"]
        if row["source"] == "drug_mechanisms":
            key = inchikey(drug["smiles"])
            return (key, target, row["mechanism_of_action"], action) in stated
        names = names_of(drug["name"])
        if row["source"] == "drugcentral":
            return any((name, genes[target], action) in stated for name in names)
        if row["source"] == "atc":
            return any(re.search(row["needle"], classes[name]) for name in names)
        return any(re.search(row["needle"], text) for text in source.sentences[drug["name"]])

    return [
        f"{named[row['chembl_id']]['name']}: {row['mechanism_of_action']} not in {row['source']}"
        for row in rows("mechanisms")
        if not confirmed(row)
    ]


def indications(source: Source) -> Problems:
    """Each indication in DrugCentral, or in a sentence on treatment that names drug and disease."""
    stated = {
        (row["drug"].upper(), row["disease"])
        for row in source.table("drugcentral/indications.tsv", "\t")
        if row["category"] != "NOT"
    }
    named = {row["chembl_id"]: row["name"] for row in rows("drugs")}

    def confirmed(row: dict[str, str]) -> bool:
        name = named[row["chembl_id"]]
        if row["source"] == "drugcentral":
            return any((other, row["needle"]) in stated for other in names_of(name))
        return any(
            re.search(row["needle"], text) and CUE.search(text) for text in source.sentences[name]
        )

    return [
        f"{named[row['chembl_id']]}: {row['mesh_heading']} not in {row['source']}"
        for row in rows("indications")
        if not confirmed(row)
    ]


def activities(source: Source) -> Problems:
    """Each value in the data set that the assay's document names, and pChEMBL against the value."""
    assays = {row["chembl_id"]: row for row in rows("assays")}
    structures = {row["chembl_id"]: inchikey(row["smiles"]) for row in rows("drugs")}
    genes = {row["chembl_id"]: row["genes"] for row in rows("targets")}
    wanted = set(structures.values())
    known: set[tuple[str, ...]] = set()
    for number, reader in enumerate(READERS, start=1):
        known |= {(f"RETORT-D{number}", *fact) for fact in reader(source, wanted)}
    problems = []
    for row in rows("activities"):
        assay, molecule = assays[row["assay_chembl_id"]], row["molecule_chembl_id"]
        document, target = assay["doc_chembl_id"], assay["target_chembl_id"]
        value, relation = float(row["standard_value"]), row["standard_relation"]
        fact: tuple[str, ...] = {
            "RETORT-D1": (structures[molecule], davis_name(genes[target], assay), relation),
            "RETORT-D2": (molecule, relation),
            "RETORT-D3": (molecule, relation),
            "RETORT-D4": (structures[molecule], target, row["standard_type"]),
            "RETORT-D5": (structures[molecule], target),
            "RETORT-D6": (molecule, assay["chembl_id"]),
        }[document]
        what = f"{molecule} {target} {row['standard_type']} {relation} {value:g}"
        if (document, *fact, digits(value)) not in known:
            problems.append(f"{what}: not in {document}")
        if (row["pchembl_value"] != "") != (relation == "="):
            problems.append(f"{what}: pChEMBL belongs to exact values")
        elif relation == "=" and abs(9 - math.log10(value) - float(row["pchembl_value"])) > 0.011:
            problems.append(f"{what}: pChEMBL {row['pchembl_value']} does not fit")
    return problems


def digits(value: float) -> str:
    """A value to three significant digits, to compare across roundings."""
    return f"{value:.3g}"


def davis_name(gene: str, assay: dict[str, str]) -> str:
    """The kinase's name in the Davis set: ``EGFR(L858RT790M)``, ``ABL1p`` ..."""
    if assay["mutation"]:
        return f"{gene}({re.sub('[/-]', '', assay['mutation'])})"
    if ", phosphorylated" in assay["description"]:
        return f"{gene}p"
    return DAVIS_NAMES.get(gene, gene)


def davis(source: Source, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    """(InChIKey, kinase, relation, nM); 10,000 nM stands for no binding up to there."""
    folder = source.molecules / "deepdta" / "davis"
    ligands = json.loads((folder / "ligands_iso.txt").read_text()).values()
    kinases = list(json.loads((folder / "proteins.txt").read_text()))
    lines = (folder / "affinities_kd_nM.txt").read_text().splitlines()
    for smiles, line in zip(ligands, lines, strict=True):
        for kinase, cell in zip(kinases, line.split(), strict=True):
            relation = ">" if float(cell) >= 10_000 else "="
            yield parent_inchikey(smiles), kinase, relation, digits(float(cell))


def teachopencadd(source: Source, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    """(molecule, relation, nM) of EGFR."""
    for row in source.table("teachopencadd/EGFR_compounds.csv"):
        yield row["molecule_chembl_id"], "=", digits(float(row["IC50"]))
    for row in source.table("teachopencadd/CHEMBL25_activities_EGFR.csv"):
        yield row["chembl_id"], "=", digits(float(row["IC50"]))


def herg(source: Source, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    """(molecule, relation, nM) of hERG."""
    for row in source.table("herg/ChEMBL_hERG.csv"):
        yield row["mol_chembl_id"], row["standard_relation"], digits(float(row["standard_value"]))


def moleculeace(source: Source, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    """(InChIKey, target, type, nM)."""
    for path in sorted((source.molecules / "moleculeace").glob("CHEMBL*.csv")):
        target, kind = path.stem.split("_")
        for row in source.table(f"moleculeace/{path.name}"):
            if (key := inchikey(row["smiles"])) in wanted:
                yield key, target, kind, digits(float(row["exp_mean [nM]"]))


def panel(source: Source, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    """(InChIKey, target, nM) from the -log10 values."""
    for row in source.table("chembl_panel/chembl_5thresh.csv.gz"):
        if (key := inchikey(row["smiles"])) in wanted:
            for target, cell in row.items():
                if target != "smiles" and cell:
                    yield key, target, digits(10 ** (9 - float(cell)))


def acetylcholinesterase(source: Source, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    """(molecule, assay, nM) from the pChEMBL values."""
    for row in source.table("chembl_panel/AChE_CHEMBL4078_Landrum_maxcur.csv"):
        value = 10 ** (9 - float(row["pchembl_value"]))
        yield row["compound_chembl_id"], row["assay_chembl_id"], digits(value)


Reader = Callable[[Source, set[str]], Iterator[tuple[str, ...]]]
READERS: tuple[Reader, ...] = (
    davis,
    teachopencadd,
    herg,
    moleculeace,
    panel,
    acetylcholinesterase,
)
"""in the order of the documents RETORT-D1 to RETORT-D6"""

CHECKS: dict[str, Callable[[Source], Problems]] = {
    "drugs": drugs,
    "synonyms": synonyms,
    "targets": targets,
    "mechanisms": mechanisms,
    "indications": indications,
    "activities": activities,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data: Path = parser.parse_args().data
    if not (data / "molecules").is_dir() or not (data / "literature").is_dir():
        print(f"skipped: no molecules/ and literature/ in {data} (say where with --data)")
        return 0
    rdBase.DisableLog("rdApp.*")
    source, failed = Source(data), False
    for table, check in CHECKS.items():
        problems = check(source)
        count = sum(1 for _ in rows(table))
        print(f"{table:12} {count:5} rows, {len(problems)} contradictions", flush=True)
        for problem in problems:
            print(f"  {problem}")
        failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
