"""The table of ionisable groups: a pattern, the pKa of a model compound, and its name.

Owns data only. A rule says what a group's pKa typically is; it is no model and no measurement of
the molecule asked about, and typically right within about one unit. The first rule that matches an
atom holds for it, so special cases stand above general ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SOURCE = (
    "pKa of model compounds: Perrin, Dempsey and Serjeant, pKa Prediction for Organic Acids and "
    "Bases, 1981; CRC Handbook of Chemistry and Physics; drugs: Charifson and Walters, J Med Chem "
    "2014, 57, 9701"
)
"""Where the values come from; each rule names its model compound."""


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of ionisable group."""

    name: str
    kind: Literal["acid", "base"]
    smarts: str
    """its first atom is the one that loses (acid) or takes up (base) the proton"""
    pka: float
    """at 25 degrees Celsius in water; of a base: that of its conjugate acid"""
    model: str
    """the compound whose pKa this is"""


def _acid(name: str, smarts: str, pka: float, model: str) -> Group:
    return Group(name, "acid", smarts, pka, model)


def _base(name: str, smarts: str, pka: float, model: str) -> Group:
    return Group(name, "base", smarts, pka, model)


_AMINE = "[NX3+0;!$([NX3]~[!$([CX4])])"
"""a nitrogen that is bonded to saturated carbon and hydrogen only; the bracket is left open"""

ACIDS = (
    _acid("sulfonic acid or sulfate", "[OX2H1][SX4](=O)=O", -1.9, "methanesulfonic acid"),
    _acid("phosphonic or phosphoric acid", "[OX2H1][PX4]=O", 2.1, "phosphoric acid"),
    _acid(
        "carboxylic acid of an amino acid",
        "[OX2H1][CX3](=O)[CX4][NX3;!$(N[#6]=[O,S]);!$(NS=O)]",
        2.3,
        "glycine",
    ),
    _acid("perfluorinated carboxylic acid", "[OX2H1]C(=O)C(F)(F)", 0.5, "trifluoroacetic acid"),
    _acid("aromatic carboxylic acid", "[OX2H1][CX3](=O)c", 4.2, "benzoic acid"),
    _acid("aryloxyacetic acid", "[OX2H1][CX3](=O)[CX4]Oc", 3.2, "phenoxyacetic acid"),
    _acid("carboxylic acid", "[OX2H1][CX3]=O", 4.8, "acetic acid"),
    _acid("hydroxamic acid", "[OX2H1][NX3][CX3]=O", 9.4, "acetohydroxamic acid"),
    _acid("tetrazole", "[nH1]1nnnc1", 4.9, "tetrazole"),
    _acid("tetrazole", "[nH1]1nncn1", 4.9, "tetrazole"),
    _acid(
        "4-hydroxycoumarin or like enol",
        "[OX2H1][#6]1:,=[#6][#6](=O)[#8][#6]:,=[#6]1",
        5.0,
        "warfarin",
    ),
    _acid("enol of an oxicam", "[OX2H1][#6]=,:[#6](C(=O)[NX3])[NX3]S(=O)=O", 4.5, "meloxicam"),
    _acid("enediol of a lactone", "[OX2H1]C1=C([OX2H1])C(=O)OC1", 4.2, "ascorbic acid"),
    _acid("nitrophenol", "[OX2H1]c1ccc([N+](=O)[O-])cc1", 7.2, "4-nitrophenol"),
    _acid("nitrophenol", "[OX2H1]c1c([N+](=O)[O-])cccc1", 7.2, "2-nitrophenol"),
    _acid("diiodophenol", "[OX2H1]c(cI)cI", 6.7, "levothyroxine"),
    _acid("phenol", "[OX2H1]c", 10.0, "phenol"),
    _acid("thiophenol", "[SX2H1]c", 6.6, "thiophenol"),
    _acid("thiol", "[SX2H1][CX4]", 10.6, "ethanethiol"),
    _acid("saccharin", "[NX3H1]1C(=O)cc-,:S1(=O)=O", 1.8, "saccharin"),
    _acid("sulfonylurea", "[NX3H1](S(=O)=O)C(=O)N", 5.3, "tolbutamide"),
    _acid("acyl sulfonamide", "[NX3H1](S(=O)=O)C=O", 5.4, "sulfacetamide"),
    _acid("sulfonamide on a heteroaryl", "[NX3H1](S(=O)=O)c[n,o,s]", 6.3, "sulfadiazine, 6.5"),
    _acid("sulfonanilide", "[NX3H1](S(=O)=O)c", 8.3, "benzenesulfonanilide"),
    _acid("sulfonamide", "[NX3H2]S(=O)(=O)[#6]", 10.1, "benzenesulfonamide"),
    _acid("barbiturate", "[NX3H1]1C(=O)NC(=O)CC1=O", 7.7, "barbital 8.0, phenobarbital 7.4"),
    _acid("thiazolidinedione", "[NX3H1]1C(=O)CSC1=O", 6.7, "thiazolidine-2,4-dione"),
    _acid("hydantoin", "[NX3H1]1C(=O)CNC1=O", 8.4, "phenytoin 8.3"),
    _acid("imide", "[NX3H1](C=O)C=O", 9.6, "succinimide"),
    _acid("xanthine N-H", "[nH1]1cnc2c1c(=O)nc(=O)n2", 8.7, "theophylline"),
    _acid("uracil", "[nH1](c=O)c=O", 9.5, "uracil"),
    _acid("benzotriazole", "[nH1]1nnc2ccccc12", 8.4, "benzotriazole"),
    _acid("1,2,3-triazole", "[nH1]1nncc1", 9.3, "1H-1,2,3-triazole"),
)
"""Proton donors, special cases first."""

BASES = (
    _base("biguanide", "[NX2](=C(N)N)C(=N)N", 12.4, "metformin"),
    _base("biguanide", "[NX2]=C(N)NC(=N)N", 12.4, "metformin"),
    _base(
        "aryl guanidine",
        "[NX2+0;!$(N-[!#6]);!$(N-C#N);!$(N-[#6]=O)]=[CX3]([NX3;!$(N[#6]=O);!$(NS=O)])"
        "[NX3;$(N-c);!$(N[#6]=O)]",
        9.5,
        "phenylguanidine 10.8, clonidine 8.1",
    ),
    _base(
        "aryl guanidine",
        "[NX2+0;$(N-c)]=[CX3]([NX3;!$(N[#6]=O);!$(NS=O)])[NX3;!$(N[#6]=O);!$(NS=O)]",
        9.5,
        "phenylguanidine 10.8, clonidine 8.1",
    ),
    _base(
        "guanidine",
        "[NX2+0;!$(N-[!#6]);!$(N-C#N);!$(N-[#6]=O)]=[CX3]([NX3;!$(N[#6]=O);!$(NS=O);!$(NC#N)])"
        "[NX3;!$(N[#6]=O);!$(NS=O);!$(NC#N)]",
        13.6,
        "guanidine",
    ),
    _base("benzamidine", "[NX2+0H1]=[CX3](c)[NX3H2]", 11.6, "benzamidine"),
    _base(
        "amidine",
        "[NX2+0;!$(N-[!#6]);!$(N-[#6]=O);!$(N-c)]=[CX3]([#6])[NX3;!$(N[#6]=O);!$(NS=O)]",
        12.0,
        "acetamidine 12.4",
    ),
    _base("aminonitrile", f"{_AMINE};$(N[CX4]C#N)]", 5.3, "aminoacetonitrile"),
    _base("trifluoroethylamine", f"{_AMINE};$(N[CX4]C(F)(F)F)]", 5.7, "2,2,2-trifluoroethylamine"),
    _base("amino acid amine", f"{_AMINE};$(N[CX4]C(=O)[OX2H1])]", 9.8, "glycine"),
    _base(
        "amine beside an ester", f"{_AMINE};$(N[CX4]C(=O)[OX2][#6])]", 7.7, "glycine ethyl ester"
    ),
    _base("amine beside an amide", f"{_AMINE};$(N[CX4]C(=O)[NX3])]", 7.9, "glycinamide; lidocaine"),
    _base("amine beside a ketone", f"{_AMINE};$(N[CX4]C(=O)[#6])]", 8.0, "bupropion 7.9"),
    _base("N-alkylmorpholine", f"{_AMINE};H0;$(N1CCOCC1)]", 7.4, "N-methylmorpholine"),
    _base("morpholine", f"{_AMINE};$(N1CCOCC1)]", 8.5, "morpholine"),
    _base("thiomorpholine", f"{_AMINE};$(N1CCSCC1)]", 8.4, "thiomorpholine 9.0, N-alkyl lower"),
    _base("N-sulfonylpiperazine", f"{_AMINE};$(N1CCN(S(=O)=O)CC1)]", 6.7, "sildenafil"),
    _base(
        "N-acylpiperazine",
        f"{_AMINE};$(N1CCN([#6]=O)CC1)]",
        7.4,
        "N-acetylpiperazine 7.9",
    ),
    _base(
        "N-alkyl-N'-arylpiperazine",
        f"{_AMINE};H0;$(N1CCN([c,$([CX3]=N)])CC1)]",
        7.8,
        "N-methyl-N'-phenylpiperazine",
    ),
    _base("N-arylpiperazine", f"{_AMINE};$(N1CCN([c,$([CX3]=N)])CC1)]", 8.8, "N-phenylpiperazine"),
    _base("dialkylpiperazine", f"{_AMINE};H0;$(N1CCN([CX4])CC1)]", 8.2, "N,N'-dimethylpiperazine"),
    _base("piperazine", f"{_AMINE};$(N1CCNCC1)]", 9.4, "piperazine 9.7, N-methylpiperazine 9.1"),
    _base("aziridine", f"{_AMINE};r3]", 8.0, "aziridine"),
    _base("diarylmethylamine", f"{_AMINE};$(N[CX4](c)c)]", 8.8, "benzhydrylamine"),
    _base("tertiary benzylic amine", f"{_AMINE};H0;$(N[CX4]c)]", 8.9, "N,N-dimethylbenzylamine"),
    _base("benzylic amine", f"{_AMINE};$(N[CX4]c)]", 9.3, "benzylamine"),
    _base("propargylic amine", f"{_AMINE};$(N[CX4]C#C)]", 8.2, "propargylamine"),
    _base("tertiary allylic amine", f"{_AMINE};H0;$(N[CX4]C=C)]", 8.8, "N,N-dimethylallylamine"),
    _base("allylic amine", f"{_AMINE};$(N[CX4]C=C)]", 9.5, "allylamine"),
    _base(
        "tertiary amine with an oxygen at the second carbon",
        f"{_AMINE};H0;$(N[CX4][CX4][OX2])]",
        9.0,
        "diphenhydramine 9.0, N,N-dimethylethanolamine 9.2",
    ),
    _base(
        "amine with an oxygen at the second carbon",
        f"{_AMINE};$(N[CX4][CX4][OX2])]",
        9.5,
        "ethanolamine; propranolol",
    ),
    _base(
        "amine with a fluorine at the second carbon",
        f"{_AMINE};$(N[CX4][CX4]F)]",
        8.9,
        "2-fluoroethylamine",
    ),
    _base("tertiary amine", f"{_AMINE};H0]", 9.8, "trimethylamine"),
    _base("secondary amine", f"{_AMINE};H1]", 10.8, "dimethylamine, diethylamine"),
    _base("primary amine", f"{_AMINE};H2]", 10.6, "ethylamine"),
    _base(
        "hydrazine", "[NX3+0;!$(N~[!$([CX4]);!N])][NX3+0;!$(N~[!$([CX4]);!N])]", 8.1, "hydrazine"
    ),
    _base("aminopurine", "[nX2]1c([NX3])c2ncnc2nc1", 4.2, "adenine"),
    _base("benzimidazole", "[nX2]1c[nX3]c2ccccc12", 5.5, "benzimidazole"),
    _base("imidazo[1,2-a]pyridine", "[nX2]1ccn2ccccc12", 6.8, "imidazo[1,2-a]pyridine"),
    _base(
        "imidazole with a halogen or nitro group",
        "[nX2;$(nc[F,Cl,Br,$([N+])]),$(n1cnc([$([N+])])c1)]1[cR1][nX3][cR1][cR1]1",
        2.6,
        "metronidazole 2.6",
    ),
    _base("imidazole", "[nX2]1[cR1][nX3][cR1][cR1]1", 7.0, "imidazole"),
    _base("2,4-diaminopyrimidine", "[nX2]1c([NX3H2])nc([NX3H2])cc1", 7.2, "trimethoprim 7.1"),
    _base("4-aminoquinazoline", "[nX2]1cnc([NX3])c2ccccc12", 5.5, "4-aminoquinazoline 5.7"),
    _base("4-aminopyrimidine", "[nX2]1cnc([NX3;!$(NC=O)])cc1", 5.7, "4-aminopyrimidine"),
    _base("2-aminopyrimidine", "[nX2]1c([NX3;!$(NC=O)])nccc1", 3.5, "2-aminopyrimidine"),
    _base("pyrimidine", "[nX2]1cnccc1", 1.2, "pyrimidine"),
    _base("pyrazine", "[nX2]1ccncc1", 0.6, "pyrazine"),
    _base("pyridazine", "[nX2]1ncccc1", 2.3, "pyridazine"),
    _base(
        "4-aminoquinoline",
        "[nX2]1ccc([NX3;!$(NC=O)])c2ccccc12",
        8.4,
        "chloroquine 8.1, 4-aminoquinoline 9.1",
    ),
    _base("4-aminopyridine", "[nX2]1ccc([NX3;!$(NC=O);!$(N(c)c)])cc1", 9.1, "4-aminopyridine"),
    _base("2-aminopyridine", "[nX2]1c([NX3;!$(NC=O);!$(N(c)c)])cccc1", 6.8, "2-aminopyridine"),
    _base("halogenated pyridine", "[nX2]1c([F,Cl,Br])cccc1", 0.7, "2-chloropyridine"),
    _base("isoquinoline", "[nX2]1cc2ccccc2cc1", 5.4, "isoquinoline"),
    _base("quinoline", "[nX2]1cccc2ccccc12", 4.9, "quinoline"),
    _base("pyridine", "[nX2]1ccccc1", 5.2, "pyridine"),
    _base("2-aminothiazole", "[nX2]1c([NX3;!$(NC=O);!$(NS=O)])scc1", 5.4, "2-aminothiazole"),
    _base("thiazole", "[nX2]1cscc1", 2.5, "thiazole"),
    _base("pyrazole", "[nX2]1[nX3]ccc1", 2.5, "pyrazole"),
    _base("1,2,4-triazole", "[nX2]1[nX3]cnc1", 2.3, "1H-1,2,4-triazole"),
    _base("aniline", "[NX3H2+0][c;!$(c[n,o,s])]", 4.6, "aniline"),
    _base("N-alkylaniline", "[NX3H1+0]([CX4])[c;!$(c[n,o,s])]", 4.9, "N-methylaniline"),
    _base(
        "N,N-dialkylaniline", "[NX3+0]([c;!$(c[n,o,s])])([CX4])[CX4]", 5.1, "N,N-dimethylaniline"
    ),
)
"""Proton acceptors, special cases first."""
