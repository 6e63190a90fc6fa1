"""A ChEMBL file of a few rows in ChEMBL's own schema, for both backends to be tested on.

Names, ids and structures are real; the measured values are invented for the tests.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

SCHEMA = """
CREATE TABLE version (name TEXT, creation_date TEXT, comments TEXT);
CREATE TABLE molecule_dictionary (molregno INTEGER PRIMARY KEY, chembl_id TEXT, pref_name TEXT,
  max_phase NUMERIC, molecule_type TEXT, first_approval INTEGER, withdrawn_flag INTEGER,
  black_box_warning INTEGER);
CREATE TABLE molecule_synonyms (molregno INTEGER, synonyms TEXT, syn_type TEXT);
CREATE TABLE molecule_hierarchy (molregno INTEGER PRIMARY KEY, parent_molregno INTEGER);
CREATE TABLE compound_structures (molregno INTEGER PRIMARY KEY, canonical_smiles TEXT,
  standard_inchi_key TEXT);
CREATE TABLE compound_properties (molregno INTEGER PRIMARY KEY, full_molformula TEXT);
CREATE TABLE target_dictionary (tid INTEGER PRIMARY KEY, chembl_id TEXT, pref_name TEXT,
  target_type TEXT, organism TEXT);
CREATE TABLE component_sequences (component_id INTEGER PRIMARY KEY, accession TEXT);
CREATE TABLE component_synonyms (component_id INTEGER, component_synonym TEXT, syn_type TEXT);
CREATE TABLE target_components (tid INTEGER, component_id INTEGER);
CREATE TABLE variant_sequences (variant_id INTEGER PRIMARY KEY, mutation TEXT);
CREATE TABLE docs (doc_id INTEGER PRIMARY KEY, chembl_id TEXT, title TEXT, journal TEXT,
  year INTEGER, volume TEXT, first_page TEXT, authors TEXT, doc_type TEXT, doi TEXT,
  pubmed_id INTEGER);
CREATE TABLE assays (assay_id INTEGER PRIMARY KEY, chembl_id TEXT, tid INTEGER, assay_type TEXT,
  confidence_score INTEGER, description TEXT, variant_id INTEGER);
CREATE TABLE activities (activity_id INTEGER PRIMARY KEY, assay_id INTEGER, doc_id INTEGER,
  molregno INTEGER, standard_type TEXT, standard_relation TEXT, standard_value NUMERIC,
  standard_units TEXT, pchembl_value NUMERIC, data_validity_comment TEXT,
  potential_duplicate INTEGER, activity_comment TEXT);
CREATE TABLE drug_mechanism (mec_id INTEGER PRIMARY KEY, molregno INTEGER, tid INTEGER,
  mechanism_of_action TEXT, action_type TEXT, mechanism_comment TEXT);
CREATE TABLE mechanism_refs (mecref_id INTEGER PRIMARY KEY, mec_id INTEGER, ref_type TEXT,
  ref_id TEXT, ref_url TEXT);
CREATE TABLE drug_indication (drugind_id INTEGER PRIMARY KEY, molregno INTEGER, mesh_id TEXT,
  mesh_heading TEXT, efo_term TEXT, max_phase_for_ind NUMERIC);
CREATE TABLE indication_refs (indref_id INTEGER PRIMARY KEY, drugind_id INTEGER, ref_type TEXT,
  ref_id TEXT, ref_url TEXT);
CREATE TABLE drug_warning (warning_id INTEGER PRIMARY KEY, molregno INTEGER, warning_type TEXT,
  warning_class TEXT, warning_description TEXT, warning_country TEXT, warning_year INTEGER);
CREATE TABLE warning_refs (warnref_id INTEGER PRIMARY KEY, warning_id INTEGER, ref_type TEXT,
  ref_id TEXT, ref_url TEXT);
"""

ROWS: dict[str, list[tuple[object, ...]]] = {
    "version": [("ChEMBL_34", "2024-03-28", ""), ("ChEMBL_35", "2024-12-01", "")],
    "molecule_dictionary": [
        (1, "CHEMBL25", "ASPIRIN", 4, "Small molecule", 1950, 0, 0),
        (2, "CHEMBL939", "GEFITINIB", 4, "Small molecule", 2003, 0, 0),
        (3, "CHEMBL553", "ERLOTINIB", 4, "Small molecule", 2004, 0, 0),
        (4, "CHEMBL1079742", "ERLOTINIB HYDROCHLORIDE", 4, "Small molecule", 2004, 0, None),
        (5, "CHEMBL3353410", "OSIMERTINIB", 4, "Small molecule", 2015, 0, -1),
        (6, "CHEMBL3545063", "OSIMERTINIB MESYLATE", 4, "Small molecule", 2015, 0, 0),
        (7, "CHEMBL999001", None, None, "Small molecule", None, 0, 0),
        (8, "CHEMBL1201585", "TRASTUZUMAB", 4, "Antibody", 1998, 0, 1),
        (9, "CHEMBL118", "CELECOXIB", 4, "Small molecule", 1998, 0, 1),
    ],
    "molecule_synonyms": [
        (1, "Acetylsalicylic acid", "BAN"),
        (1, "ASPIRIN", "USAN"),
        (2, "Iressa", "TRADE_NAME"),
        (2, "ZD-1839", "RESEARCH_CODE"),
        (3, "Tarceva", "TRADE_NAME"),
        (4, "Tarceva", "TRADE_NAME"),
        (5, "Tagrisso", "TRADE_NAME"),
        (5, "AZD-9291", "RESEARCH_CODE"),
        (8, "Herceptin", "TRADE_NAME"),
    ],
    "molecule_hierarchy": [
        *((number, number) for number in (1, 2, 3, 5, 7, 8, 9)),
        (4, 3),
        (6, 5),
    ],
    "compound_structures": [
        (1, "CC(=O)Oc1ccccc1C(=O)O", "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"),
        (2, "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1", "XGALLCVXEZPNRQ-UHFFFAOYSA-N"),
        (3, "C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1", "AAKJLRGGTJKAMG-UHFFFAOYSA-N"),
        (4, "C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1.Cl", "GTTBEUCJPZQMDZ-UHFFFAOYSA-N"),
        (7, "CCO", "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"),
    ],
    "compound_properties": [(1, "C9H8O4"), (2, "C22H24ClFN4O3"), (7, "C2H6O")],
    "target_dictionary": [
        (1, "CHEMBL203", "Epidermal growth factor receptor", "SINGLE PROTEIN", "Homo sapiens"),
        (2, "CHEMBL3608", "Epidermal growth factor receptor", "SINGLE PROTEIN", "Mus musculus"),
        (3, "CHEMBL2363049", "EGFR family of 100%_kin\\ases", "PROTEIN FAMILY", "Homo sapiens"),
        (4, "CHEMBL230", "Cyclooxygenase-2", "SINGLE PROTEIN", "Homo sapiens"),
        (5, "CHEMBL221", "Cyclooxygenase-1", "SINGLE PROTEIN", "Homo sapiens"),
        (6, "CHEMBL2094253", "Cyclooxygenase", "PROTEIN FAMILY", "Homo sapiens"),
        (7, "CHEMBL395", "HepG2", "CELL-LINE", "Homo sapiens"),
        (
            8,
            "CHEMBL1824",
            "Receptor protein-tyrosine kinase erbB-2",
            "SINGLE PROTEIN",
            "Homo sapiens",
        ),
    ],
    "component_sequences": [
        (1, "P00533"),
        (2, "Q01279"),
        (3, "P35354"),
        (4, "P23219"),
        (5, "P04626"),
    ],
    "component_synonyms": [
        (1, "EGFR", "GENE_SYMBOL"),
        (1, "ERBB1", "GENE_SYMBOL_OTHER"),
        (1, "Proto-oncogene c-ErbB-1", "UNIPROT"),
        (2, "Egfr", "GENE_SYMBOL"),
        (3, "PTGS2", "GENE_SYMBOL"),
        (3, "COX-2", "UNIPROT"),
        (4, "PTGS1", "GENE_SYMBOL"),
        (4, "COX-1", "UNIPROT"),
        (5, "ERBB2", "GENE_SYMBOL"),
        (5, "HER2", "GENE_SYMBOL_OTHER"),
    ],
    "target_components": [(1, 1), (2, 2), (3, 1), (3, 5), (4, 3), (5, 4), (6, 3), (6, 4), (8, 5)],
    "variant_sequences": [(1, "T790M")],
    "docs": [
        (
            *(1, "CHEMBL1134862", "On gefitinib", "J Med Chem", 2004, "47", "1", "A. Author"),
            *("PUBLICATION", "10.1021/jm000000a", 15000001),
        ),
        (
            *(2, "CHEMBL3259999", "On osimertinib", "J Med Chem", 2014, None, None, None),
            *("PUBLICATION", None, None),
        ),
    ],
    "assays": [
        (1, "CHEMBL674637", 1, "B", 9, "Inhibition of EGFR", None),
        (2, "CHEMBL674638", 1, "B", 8, "Inhibition of EGFR T790M", 1),
        (3, "CHEMBL674639", 4, "B", 9, "Inhibition of COX-2", None),
        (4, "CHEMBL674640", 7, "F", 1, "Growth of HepG2 cells", None),
        (5, "CHEMBL674641", 2, "B", 9, "Inhibition of mouse EGFR", None),
    ],
    "activities": [
        # gefitinib on EGFR: three exact values, one bound, one percentage
        (101, 1, 1, 2, "IC50", "=", 0.17, "nM", 9.77, None, 0, None),
        (102, 1, 1, 2, "IC50", "=", 33, "nM", 7.48, None, 0, None),
        (103, 1, 1, 2, "IC50", "=", 1.2, "nM", 8.92, None, 0, None),
        (104, 1, 1, 2, "IC50", ">", 5, "nM", None, None, 0, None),
        (105, 1, 1, 2, "Inhibition", "=", 97, "%", None, None, 0, None),
        # erlotinib and its salt
        (106, 1, 1, 3, "IC50", "=", 2, "nM", 8.7, None, 0, None),
        (107, 1, 1, 4, "IC50", "=", 0.9, "nM", 9.05, None, 0, None),
        (108, 1, 1, 3, "IC50", "<", 5, "nM", None, None, 0, None),
        (109, 1, 1, 3, "IC50", "<=", 10, "nM", None, None, 0, None),
        (110, 1, 1, 3, "IC50", "~", 3, "nM", None, None, 0, None),
        (111, 1, 1, 3, "IC50", None, 4, "nM", None, None, 0, None),
        (112, 1, 1, 3, "IC50", "=", 3, "ug.mL-1", None, None, 0, None),
        # osimertinib, wild type and mutant, flagged and doubled
        (113, 1, 2, 5, "IC50", "=", 12.5, "nM", 7.9, None, 0, None),
        (114, 2, 2, 5, "IC50", "=", 1, "nM", 9, None, 0, None),
        (115, 1, 2, 5, "IC50", "=", 0.001, "nM", 12, "Outside typical range", 0, None),
        (116, 1, 2, 5, "IC50", "=", 12.5, "nM", 7.9, None, 1, None),
        (117, 1, 2, 5, "Ki", "=", 12.5, "nM", 7.9, None, 0, None),
        (118, 1, 2, 5, "IC50", "=", None, None, None, None, 0, None),
        # no name, no document
        (119, 1, None, 7, "IC50", ">", 100000, "nM", None, None, 0, "Not Active"),
        # other targets
        (120, 3, 1, 9, "IC50", "=", 40, "nM", 7.4, None, 0, None),
        (121, 3, 1, 1, "IC50", ">", 100000, "nM", None, None, 0, None),
        (122, 4, 1, 1, "GI50", "=", 2000000, "nM", None, None, 0, None),
        (123, 5, 1, 2, "IC50", "=", 7, "nM", 8.15, None, 0, None),
    ],
    "drug_mechanism": [
        (1, 5, 1, "Epidermal growth factor receptor inhibitor", "INHIBITOR", None),
        (2, 2, 1, "Epidermal growth factor receptor inhibitor", "INHIBITOR", None),
        (3, 4, 1, "Epidermal growth factor receptor inhibitor", "INHIBITOR", None),
        (4, 1, 6, "Cyclooxygenase inhibitor", "INHIBITOR", "Irreversible"),
        (5, 9, 4, "Cyclooxygenase-2 inhibitor", "INHIBITOR", None),
        (6, 8, None, "Unknown", None, None),
    ],
    "drug_indication": [
        (1, 1, "D010146", "Pain", "pain", 4),
        (2, 1, "D015179", "Colorectal Neoplasms", "colorectal carcinoma", 3),
        (3, 1, "D015179", "Colorectal Neoplasms", "colon carcinoma", 2),
        (4, 1, None, None, "migraine disorder", 0.5),
        (5, 5, "D002289", "Carcinoma, Non-Small-Cell Lung", "non-small cell lung carcinoma", 3),
        (6, 6, "D002289", "Carcinoma, Non-Small-Cell Lung", "non-small cell lung carcinoma", 4),
    ],
    "mechanism_refs": [
        (1, 4, "PubMed", "1", "http://europepmc.org/abstract/MED/1"),
        (2, 4, "DailyMed", "a-b", None),
    ],
    "indication_refs": [(1, 1, "ClinicalTrials", "NCT00000001", None)],
    "drug_warning": [
        (
            1,
            9,
            "Black Box Warning",
            "cardiotoxicity",
            "Cardiovascular events",
            "United States",
            2005,
        ),
        (2, 6, "Withdrawn", None, None, "Nowhere; Elsewhere", None),
    ],
    "warning_refs": [(1, 1, "DailyMed", "c-d", "https://dailymed.nlm.nih.gov/c-d")],
}


def build(path: Path) -> Path:
    """Write the fixture to ``path``."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        for table, rows in ROWS.items():
            marks = ",".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    return path
