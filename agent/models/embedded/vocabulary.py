"""The words of the field and the machine names they stand for: properties, rules, targets.

Owns vocabulary only: what a reader of a question must recognise. Knows no tool, no message, no
encoder.
"""

from __future__ import annotations

import re
from re import Pattern


def _table(rows: dict[str, str]) -> tuple[tuple[Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE), name)
        for name, words in rows.items()
    )


PROPERTIES = _table(
    {
        "exact_mass": r"exact mass|mono-?isotopic (?:mass|weight)",
        "molecular_weight": r"mol(?:ecular|ar)?\.? ?(?:weights?|wieghts?|weigths?|wt\.?"
        r"|mass(?:es)?)|mw|molwt"
        "|heavi(?:er|est)|light(?:er|est)|weigh(?:s|t)?"
        r"|how (?:heavy|big|large)(?! an? )",
        "formula": r"(?:(?:molecular|chemical|sum|empirical) )?formula",
        "logp": r"[acs]?log ?p|log ?p ?\(?o/w\)?|(?:octanol.water )?partition coefficient|crippen "
        "logp",
        "tpsa": r"t?psa|(?:topological )?(?:polar )?surface area|how polar",
        "hbd": r"(?:h|hydrogen)[- ]?bond(?:ing)? (?:donors?|acceptors? and donors?)|hbds?|h-donors?"
        r"|donors?(?= and (?:h-)?acceptors?)",
        "hba": r"(?:h|hydrogen)[- ]?bond(?:ing)? (?:acceptors?|donors? and acceptors?)|hbas?"
        "|h-acceptors?"
        r"|acceptors",
        "rotatable_bonds": r"(?:rotatable|rotating|rotable) bonds?|nrotb|rb(?: count)?"
        r"|how flexible",
        "aromatic_rings": r"aromatic rings?(?: count)?",
        "rings": r"(?<!aromatic )rings?(?: count)?(?= (?:does|are|has|in|of)|$|\?)|ring count"
        "|number of rings",
        "heavy_atoms": r"heavy[- ]atoms?(?: count)?|non-hydrogen atoms",
        "fsp3": r"f?c?sp3|f-?sp3|fraction (?:of )?sp3(?: carbons?)?",
        "qed": r"qed|drug-?likeness (?:score|index)|quantitative estimate of drug-?likeness",
        "molar_refractivity": r"(?:molar )?refractivity",
        "formal_charge": r"(?:formal|net|total) charge",
        "stereocentres": r"stereo[- ]?(?:cent(?:re|er)s?|genic cent(?:re|er)s?)|chiral cent(?:re"
        "|er)s?"
        r"|chirality cent(?:re|er)s?",
        "sa_score": r"sa[- ]?score|synthetic accessibility(?: score)?|how complex|ease of "
        "synthesis",
    }
)

RULES = _table(
    {
        "lipinski": r"lipinski(?:['’]?s)?|ro5"
        r"|(?<!beyond )(?<!beyond the )(?<!beyond-)rules? of (?:five|5)",
        "veber": r"veber(?:['’]?s)?",
        "ghose": r"ghose(?:['’]?s)?",
        "egan": r"egan(?:['’]?s)?",
        "muegge": r"m(?:ue|u|ü)gge(?:['’]?s)?",
        "ro3": r"rules? of (?:three|3)|ro3|fragment-?like(?:ness)?",
        "bro5": r"beyond[- ](?:the )?rules?[- ]of[- ](?:five|5)|bro5",
        "leadlike": r"lead[- ]?like(?:ness)?|oprea(?:['’]?s)?",
        "cns_mpo": r"cns[- ]?mpo|mpo score|mpo for cns|cns multi-?parameter(?: \w+)?",
    }
)

ACTIVITY_TYPE = re.compile(
    r"(?<![\w-])p?(IC ?50|EC ?50|AC ?50|GI ?50|CC ?50|XC ?50|K ?i|K ?d)s?(?:['’]s)?(?![\w-])",
    re.IGNORECASE,
)
TYPE_NAMES = {
    name.lower(): name for name in ("IC50", "EC50", "AC50", "GI50", "CC50", "XC50", "Ki", "Kd")
}

SUBSTRUCTURES = {
    "benzene": "c1ccccc1",
    "phenyl": "c1ccccc1",
    "pyridine": "n1ccccc1",
    "pyrimidine": "n1cnccc1",
    "quinazoline": "c1ccc2ncncc2c1",
    "quinoline": "c1ccc2ncccc2c1",
    "indole": "c1ccc2nccc2c1",
    "imidazole": "c1cncn1",
    "piperazine": "N1CCNCC1",
    "piperidine": "N1CCCCC1",
    "morpholine": "O1CCNCC1",
    "thiazole": "c1cscn1",
    "furan": "c1ccoc1",
    "thiophene": "c1ccsc1",
    "beta-lactam": "O=C1CCN1",
    "amide": "[NX3][CX3](=[OX1])[#6]",
    "ester": "[#6][CX3](=O)[OX2H0][#6]",
    "carboxylic acid": "[CX3](=O)[OX2H1]",
    "carboxyl": "[CX3](=O)[OX2H1]",
    "sulfonamide": "[SX4](=[OX1])(=[OX1])[NX3]",
    "nitro": "[$([NX3](=O)=O),$([NX3+](=O)[O-])]",
    "nitrile": "[NX1]#[CX2]",
    "hydroxyl": "[OX2H]",
    "phenol": "[OX2H][cX3]:[c]",
    "primary amine": "[NX3;H2;!$(NC=O)]",
    "aldehyde": "[CX3H1](=O)[#6]",
    "ketone": "[#6][CX3](=O)[#6]",
    "michael acceptor": "[CX3]=[CX3][CX3]=[OX1]",
    "acrylamide": "[CX3H2]=[CX3H1][CX3](=O)[NX3]",
    "urea": "[NX3][CX3](=[OX1])[NX3]",
    "trifluoromethyl": "[CX4](F)(F)F",
    "4-anilinoquinazoline": "c1ccc(Nc2ncnc3ccccc23)cc1",
    "anilinoquinazoline": "c1ccc(Nc2ncnc3ccccc23)cc1",
    "indazole": "c1ccc2[nH]ncc2c1",
    "pyrazole": "c1cnnc1",
    "benzimidazole": "c1ccc2ncnc2c1",
    "tetrazole": "c1nnnn1",
    "isoxazole": "c1cnoc1",
    "oxazole": "c1cocn1",
    "purine": "c1ncc2ncnc2n1",
    "naphthalene": "c1ccc2ccccc2c1",
    "isoquinoline": "c1ccc2cnccc2c1",
    "pyrrole": "c1ccnc1",
    "pyrazine": "c1cnccn1",
    "pyridazine": "c1ccnnc1",
    "pyrrolidine": "C1CCNC1",
    "azetidine": "C1CNC1",
    "cyclopropane": "C1CC1",
    "cyclopropyl": "C1CC1",
    "biphenyl": "c1ccc(-c2ccccc2)cc1",
    "benzodiazepine": "c1ccc2~[#7]~[#6]~[#6]~[#7]~[#6]c2c1",
    "phenothiazine": "c1ccc2c(c1)Nc1ccccc1S2",
    "boronic acid": "[BX3]([OX2H])[OX2H]",
    "guanidine": "[NX3][CX3](=[NX2])[NX3]",
    "sulfone": "[#6][SX4](=[OX1])(=[OX1])[#6]",
    "sulfoxide": "[#6][SX3](=[OX1])[#6]",
    "sulphonamide": "[SX4](=[OX1])(=[OX1])[NX3]",
    "epoxide": "C1OC1",
    "alkyne": "[CX2]#[CX2]",
    "thiol": "[SX2H]",
    "aniline": "[NX3;!$(N[#6]=O)]c1ccccc1",
    "carbamate": "[NX3][CX3](=[OX1])[OX2][#6]",
    "hydroxamic acid": "[CX3](=[OX1])[NX3][OX2H]",
}
"""Groups that have a name, as SMARTS (patterns after the Daylight SMARTS examples)."""

SALTS = re.compile(
    r" (?:mesylate|mesilate|(?:di|mono)?hydrochloride|hcl|hydrobromide|sodium|potassium|calcium"
    r"|magnesium|sulfate|sulphate|phosphate|maleate|fumarate|tartrate|citrate|succinate|acetate"
    r"|besylate|besilate|tosylate|oxalate|malate|nitrate|lactate|bromide|chloride)\b",
    re.IGNORECASE,
)
"""What a salt's name adds to its parent's."""

GENES = frozenset(
    """
    ABCB1 ABCG2 ABL1 ACE ACHE ADORA2A ADRA1A ADRB1 ADRB2 AGTR1 AKT1 ALDH2 ALK APOE AR ATM ATR AURKA
    AURKB AXL BACE1 BCHE
    BCL2 BRAF BRCA1 BRCA2 BRD4 BTK CA2 CCR5 CDK2 CDK4 CDK6 CES1 CHEK1 CHRM1 CHRM3 CNR1 COMT CSF1R
    CTLA4 CXCR4 CYP1A2
    CYP2A6 CYP2B6 CYP2C19 CYP2C8 CYP2C9 CYP2D6 CYP3A4 CYP3A5 CYP4F2 CYP17A1 CYP19A1 DHFR DNMT1 DPP4
    DPYD DRD1 DRD2 DRD3
    DRD4 EGFR EPHX1 ERBB2 ERBB3 ERBB4 ESR1 ESR2 EZH2 F10 F2 F5 FAAH FGFR1 FGFR2 FGFR3 FLT3 G6PD
    GABRA1 GLP1R GRIK4 GSK3B
    GSTP1 HCRTR1 HCRTR2 HDAC1 HDAC6 HLA-A HLA-B HMGCR HRH1 HRH2 HSP90AA1 HTR1A HTR2A HTR2B HTR2C
    HTR3A IDH1 IDH2 IFNL3 IL6
    INSR JAK1 JAK2 JAK3 KCNH2 KCNJ11 KDR KIT KRAS MAOA MAOB MAP2K1 MAPK1 MAPK14 MDM2 MET MTHFR MTOR
    NAT2 NF1 NOS3 NPC1L1
    NR3C1 NRAS NTRK1 NUDT15 OPRD1 OPRK1 OPRM1 P2RY12 PARP1 PCSK9 PDCD1 PDE4B PDE5A PDGFRA PDGFRB
    PIK3CA PIK3CD PLK1 PPARA
    PPARG PRKCA PTEN PTGS1 PTGS2 RAF1 RET ROS1 RYR1 SCN5A SCN9A SIRT1 SLC22A1 SLC5A2 SLC6A2 SLC6A3
    SLC6A4 SLCO1B1 SMO SRC
    STAT3 SYK TOP1 TOP2A TP53 TPMT TYMS TYK2 UGT1A1 VDR VEGFA VKORC1 XPO1
    """.split()
)
"""Genes that are known in any case of letters; others are recognised by their shape."""

NOT_GENES = frozenset(
    """
    DNA RNA MRNA IC50 EC50 AC50 GI50 CC50 KI KD PIC50 PKI PKD SMILES SMARTS TPSA PSA QED LOGP LOGD
    LOGS HBD HBA FSP3 ADME
    ADMET ADMETOX PAINS FDA EMA CHEMBL UNIPROT INCHI INCHIKEY RDKIT PDB SNP SNPS GWAS MIC AUC PK PD
    QT QSAR SAR HTS HIV
    HCV HBV COPD NSCLC CML ALL AML CLL RCT MOA MW MOL ID CNS USA UK EU PCR ELISA MS NMR OK AI RO5
    RO3 NM UM MM ATP ADP GTP
    NADPH COVID COVID-19 TB CI OR HR II III IV PMID PMC DOI SQL GPS HTML CSV PDF PH T2D PGX SNV CNV
    INR LDL HDL BBB GPCR NSAID
    BRO5 LLE BEI SEI LELP LIPE MCS
    GIST MDD ADHD PAH CKD T2DM NASH MASH IBD GERD GORD ALS DVT VTE PTSD OCD GVHD SLE
    LD50 TD50 ED50 LC50 MTD NOAEL CMAX TMAX
    ACEI ARB SSRI MAOI PPI TKI II-IV T1D BMI WHAT IS THE OF AND DOES HOW WHICH FOR A AN IN ON TO IT
    ITS WITH ARE
    """.split()
)
"""Capitals that are not genes."""

ASIDE = frozenset(
    """
    about above according acid action active activity adverse affect agent agonist all also am an
    and another antagonist any are as
    associated at available be been below best better between bind binding block blocker bond but by
    can cancer cause causes cell
    cells change changed channel chronic class clinical compare compared compound compounds
    concentration could data database
    developing did disease do does done dose dosing drug drugs each effect effects efficacy enzyme
    evidence exist express
    factor failure find first follow for found from gene genes get give given good great group had
    has have help here high
    higher how human i if in increase inhibit inhibition inhibitor inhibitors into is it its kind
    know known known large least less
    level levels library like list literature long low lower made main make many may mean measure
    measured mechanism
    mechanisms medicine medicines metabolism methods mg mode model models molecule molecules more
    most much mutation
    mutations my name need new no not now number of on one ones only or other our out over own paper
    papers pathway patient
    patients people pharmacology phase please possible potency potent predict predicted prediction
    present problem product
    property protein proteins publication published question questions range rate ratio reaction
    receptor receptors reduce
    related report reported research resistance response result results review risk role safe safety
    same say says score search
    see selective selectivity set should show side similar since small so some species specific
    structure studies study such
    synthesis synthetic table target targets tell test tested than that the their them then there
    these they thing this those
    through to too top toxic toxicity treat treated treatment trial trials two type types under up
    us use used uses using value
    values variant variants very via want was water way we well were what when where whether which
    while who why will with
    within without work works would you your diabetes hypertension inflammation infection tumour
    tumor asthma epilepsy
    apoptosis immunity inflammatory solubility lipophilicity water alcohol both each potencies
    affinities activities selectivities mechanisms structures targets
    """.split()
)
"""Plain words that are never an unknown molecule's name."""

FUNCTION_WORDS = frozenset(
    """
    a about again all also an and any are as at be because been being between but by can cause
    causes could define describe
    did difference do does each evidence explain find for from give has have how i if important in
    into is it its known
    literature made make matter me mean means most much must my no not of on one or other our out
    over paper papers
    please published report reported say says shall should show so some studies study such tell than
    that the their them
    then there these they this those through to too under up us very via was we were what when where
    whether which while
    who whom whose why will with within without would you your
    """.split()
)
"""Words of a question that say nothing about its topic."""
