-- The tables of ChEMBL that Retort reads, under ChEMBL's own names, with what the starter file fills.
-- Keys (molregno, tid, assay_id, doc_id, component_id) are of this file; chembl_id columns are ChEMBL's,
-- or RETORT-... where a row has no identifier of ChEMBL.

CREATE TABLE version (
    name TEXT PRIMARY KEY,
    creation_date TEXT,
    comments TEXT
);

CREATE TABLE starter_build (
    content_hash TEXT PRIMARY KEY,   -- of the tables, the schema and the build; names the file
    rdkit_version TEXT NOT NULL      -- made the InChIKeys and the properties
);

CREATE TABLE molecule_dictionary (
    molregno INTEGER PRIMARY KEY,
    chembl_id TEXT NOT NULL UNIQUE,
    pref_name TEXT NOT NULL COLLATE NOCASE,
    max_phase REAL,
    molecule_type TEXT,
    first_approval INTEGER,
    withdrawn_flag INTEGER,
    black_box_warning INTEGER
);

CREATE TABLE molecule_synonyms (
    molregno INTEGER NOT NULL REFERENCES molecule_dictionary (molregno),
    synonyms TEXT NOT NULL COLLATE NOCASE,
    syn_type TEXT NOT NULL,
    PRIMARY KEY (molregno, synonyms, syn_type)
);

CREATE TABLE molecule_hierarchy (
    molregno INTEGER PRIMARY KEY REFERENCES molecule_dictionary (molregno),
    parent_molregno INTEGER NOT NULL REFERENCES molecule_dictionary (molregno)
);

CREATE TABLE compound_structures (
    molregno INTEGER PRIMARY KEY REFERENCES molecule_dictionary (molregno),
    canonical_smiles TEXT NOT NULL,
    standard_inchi_key TEXT NOT NULL UNIQUE
);

CREATE TABLE compound_properties (
    molregno INTEGER PRIMARY KEY REFERENCES molecule_dictionary (molregno),
    mw_freebase REAL,                -- g/mol, average mass
    alogp REAL,                      -- Wildman-Crippen
    hba INTEGER,
    hbd INTEGER,
    psa REAL,                        -- square angstrom
    rtb INTEGER,
    num_ro5_violations INTEGER,
    qed_weighted REAL
);

CREATE TABLE target_dictionary (
    tid INTEGER PRIMARY KEY,
    chembl_id TEXT NOT NULL UNIQUE,
    pref_name TEXT NOT NULL COLLATE NOCASE,
    target_type TEXT NOT NULL,
    organism TEXT
);

CREATE TABLE component_sequences (
    component_id INTEGER PRIMARY KEY,
    accession TEXT UNIQUE,
    organism TEXT
);

CREATE TABLE component_synonyms (
    component_id INTEGER NOT NULL REFERENCES component_sequences (component_id),
    component_synonym TEXT NOT NULL COLLATE NOCASE,
    syn_type TEXT NOT NULL,
    PRIMARY KEY (component_id, component_synonym, syn_type)
);

CREATE TABLE target_components (
    tid INTEGER NOT NULL REFERENCES target_dictionary (tid),
    component_id INTEGER NOT NULL REFERENCES component_sequences (component_id),
    PRIMARY KEY (tid, component_id)
);

CREATE TABLE variant_sequences (
    variant_id INTEGER PRIMARY KEY,
    mutation TEXT NOT NULL,
    accession TEXT NOT NULL
);

CREATE TABLE docs (
    doc_id INTEGER PRIMARY KEY,
    chembl_id TEXT NOT NULL UNIQUE,
    title TEXT,
    journal TEXT,
    year INTEGER,
    doi TEXT,
    pubmed_id INTEGER,
    doc_type TEXT NOT NULL
);

CREATE TABLE assays (
    assay_id INTEGER PRIMARY KEY,
    chembl_id TEXT NOT NULL UNIQUE,
    doc_id INTEGER NOT NULL REFERENCES docs (doc_id),
    tid INTEGER NOT NULL REFERENCES target_dictionary (tid),
    assay_type TEXT NOT NULL,
    confidence_score INTEGER,
    description TEXT NOT NULL,
    assay_organism TEXT,
    variant_id INTEGER REFERENCES variant_sequences (variant_id)
);

CREATE TABLE activities (
    activity_id TEXT PRIMARY KEY,
    assay_id INTEGER NOT NULL REFERENCES assays (assay_id),
    doc_id INTEGER NOT NULL REFERENCES docs (doc_id),
    molregno INTEGER NOT NULL REFERENCES molecule_dictionary (molregno),
    standard_type TEXT NOT NULL,
    standard_relation TEXT NOT NULL,
    standard_value REAL NOT NULL,
    standard_units TEXT NOT NULL,
    pchembl_value REAL,
    data_validity_comment TEXT,
    potential_duplicate INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE drug_mechanism (
    mec_id INTEGER PRIMARY KEY,
    molregno INTEGER NOT NULL REFERENCES molecule_dictionary (molregno),
    tid INTEGER NOT NULL REFERENCES target_dictionary (tid),
    mechanism_of_action TEXT NOT NULL,
    action_type TEXT NOT NULL,
    UNIQUE (molregno, tid, action_type)
);

CREATE TABLE drug_indication (
    drugind_id INTEGER PRIMARY KEY,
    molregno INTEGER NOT NULL REFERENCES molecule_dictionary (molregno),
    mesh_id TEXT,
    mesh_heading TEXT NOT NULL,
    efo_term TEXT,
    max_phase_for_ind REAL,
    UNIQUE (molregno, mesh_heading)
);

CREATE INDEX molecule_name ON molecule_dictionary (pref_name);
CREATE INDEX molecule_synonym ON molecule_synonyms (synonyms);
CREATE INDEX molecule_parent ON molecule_hierarchy (parent_molregno);
CREATE INDEX target_name ON target_dictionary (pref_name);
CREATE INDEX component_synonym_name ON component_synonyms (component_synonym);
CREATE INDEX target_component ON target_components (component_id);
CREATE INDEX assay_target ON assays (tid);
CREATE INDEX activity_assay ON activities (assay_id);
CREATE INDEX activity_molecule ON activities (molregno);
CREATE INDEX mechanism_molecule ON drug_mechanism (molregno);
CREATE INDEX mechanism_target ON drug_mechanism (tid);
CREATE INDEX indication_molecule ON drug_indication (molregno);
