"""What is predicted, as data: endpoints, how their values are read, their sets, their recipes.

Numbers that a training run measures (counts, scores, coverage) stand on the model cards, not here.
"""

from __future__ import annotations

from dataclasses import dataclass

from retort.tools.predictors.records import Band, Task


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the trees of an endpoint are grown (LightGBM's parameter names where not explained)."""

    objective: str
    alpha: float = 0.9
    """where the Huber loss turns from squares to absolute values, in the endpoint's unit"""
    learning_rate: float = 0.05
    rounds: int = 800
    num_leaves: int = 31
    min_data_in_leaf: int = 5
    lambda_l2: float = 1.0
    feature_fraction: float = 0.2
    extra_trees: bool = False
    repeats: int = 1
    """independent scaffold splits, each giving five boosters to the ensemble"""


@dataclass(frozen=True, slots=True)
class Spec:
    """One endpoint: what it is, where it is learnt, how its values are read."""

    name: str
    label: str
    aliases: tuple[str, ...]
    task: Task
    unit: str
    positive: str
    version: int
    measured: str
    """what was measured, and under which conditions"""
    transform: str
    """what was done to the published values before training"""
    folder: str
    """folder of the training set under ``molecules/tdc_admet``"""
    source: str
    """the training set and its reference"""
    licence: str
    faults: tuple[str, ...]
    """known faults of the data"""
    bands: tuple[Band, ...]
    bands_source: str
    sees_form: bool
    """whether a salt is told from its parent; else only the neutral parent counts"""
    domain_threshold: float
    """Tanimoto to the nearest training molecule below which a prediction is an extrapolation"""
    recipe: Recipe
    seeds: int
    """how often the evaluation on the model card is repeated with other splits"""

    @property
    def model(self) -> str:
        """Name and version of the model: ``retort-solubility-1``."""
        return f"retort-{self.name}-{self.version}"


SOLUBILITY = Spec(
    name="solubility",
    label="aqueous solubility",
    aliases=("logs", "aqueous solubility", "water solubility", "aqsol"),
    task="regression",
    unit="log mol/L",
    positive="",
    version=1,
    measured=(
        "Decadic logarithm of the solubility in water, in mol/L, near 25 °C; pH was not "
        "controlled, so for acids and bases it is the solubility in unbuffered water."
    ),
    transform="none; the median of repeated values of one form",
    folder="solubility_aqsoldb",
    source=(
        "AqSolDB (Sorkun, Khetan, Er 2019, Sci. Data 6, 143), "
        "as in the Therapeutics Data Commons ADMET group, training and validation part"
    ),
    licence="CC BY 4.0 (Therapeutics Data Commons); AqSolDB itself CC0 1.0",
    faults=(
        "nine sources of differing quality were merged; repeated measurements differ by about half "
        "a log unit or more",
        "industrial chemicals, salts and inorganic compounds are many, drugs few",
        "the published training and test parts share 12 molecules (TDC issue 217); Retort takes "
        "out every molecule on its list of held-out structures before training",
    ),
    bands=(
        Band(-4.0, "insoluble (below -4 log mol/L)"),
        Band(-2.0, "slightly soluble (-4 to -2 log mol/L)"),
        Band(0.0, "soluble (-2 to 0 log mol/L)"),
        Band(None, "highly soluble (0 log mol/L or more)"),
    ),
    bands_source="classes of AqSolDB, Sorkun 2019, Sci. Data 6, 143",
    sees_form=True,
    domain_threshold=0.3,
    recipe=Recipe(objective="huber", alpha=1.0, num_leaves=63, rounds=500),
    seeds=2,
)

LIPOPHILICITY = Spec(
    name="lipophilicity",
    label="lipophilicity (logD at pH 7.4)",
    aliases=("logd", "logd7.4", "logd 7.4", "logd74", "distribution coefficient"),
    task="regression",
    unit="log units",
    positive="",
    version=1,
    measured=(
        "Decadic logarithm of the octanol/water distribution coefficient at pH 7.4, by shake "
        "flask, measured in one company's laboratories."
    ),
    transform="none; the median of repeated values of one parent",
    folder="lipophilicity_astrazeneca",
    source=(
        "AstraZeneca's deposition in ChEMBL (CHEMBL3301361, 2016), "
        "as in the Therapeutics Data Commons ADMET group, training and validation part"
    ),
    licence="CC BY 4.0 (Therapeutics Data Commons); ChEMBL CC BY-SA 3.0",
    faults=(
        "values end at -1.5 and 4.5: more extreme molecules are absent or drawn inwards",
        "compounds of one company's projects; other chemistry is further from the training set",
        "logD at pH 7.4 is not logP: ionised molecules have a lower logD",
    ),
    bands=(
        Band(1.0, "hydrophilic (below 1): dissolves well, crosses membranes poorly"),
        Band(3.0, "moderate (1 to 3): the balance that oral drugs usually aim at"),
        Band(5.0, "lipophilic (3 to 5): solubility falls and metabolism rises"),
        Band(None, "very lipophilic (5 or more): poorly soluble, readily metabolised"),
    ),
    bands_source="Kerns and Di, Drug-like Properties, Academic Press 2008",
    sees_form=False,
    domain_threshold=0.3,
    recipe=Recipe(objective="huber", alpha=0.5, lambda_l2=5.0, extra_trees=True),
    seeds=3,
)

HERG = Spec(
    name="herg",
    label="hERG blockade",
    aliases=("herg blockade", "herg blocker", "herg inhibition", "kv11.1", "cardiotoxicity"),
    task="classification",
    unit="",
    positive="hERG blocker",
    version=1,
    measured=(
        "Whether a drug blocks the hERG potassium channel (Kv11.1), the main cause of drug-induced "
        "QT prolongation; a class collected from the literature, not a potency."
    ),
    transform="none; molecules with contradicting classes are left out",
    folder="herg",
    source=(
        "Wang et al. 2016, Mol. Pharm. 13, 2855, "
        "as in the Therapeutics Data Commons ADMET group, training and validation part"
    ),
    licence="CC BY 4.0 (Therapeutics Data Commons)",
    faults=(
        "very small: a few hundred drugs; expect wide intervals and frequent abstention",
        "about seven in ten molecules are blockers, far more than in a screening library, so "
        "probabilities are high on the average molecule",
        "the benchmark does not state the potency that makes a blocker; for 113 training molecules "
        "with a ChEMBL IC50 the classes agree best (93 to 95 %) with a limit of 30 to 40 µM, so a "
        "blocker need not block at therapeutic concentrations",
        "7 of the 116 parents in the published test part are in the training part as stereo or "
        "salt variants; Retort takes out every molecule on its list of held-out structures",
    ),
    bands=(
        Band(0.4, "probably no hERG blocker (probability below 0.4)"),
        Band(0.6, "undecided (probability 0.4 to 0.6)"),
        Band(0.8, "possible hERG blocker (probability 0.6 to 0.8)"),
        Band(None, "likely hERG blocker (probability 0.8 or more)"),
    ),
    bands_source="set by this project; the model card has the rates observed in each",
    sees_form=False,
    domain_threshold=0.3,
    recipe=Recipe(
        objective="binary",
        learning_rate=0.03,
        rounds=200,
        num_leaves=15,
        extra_trees=True,
        repeats=5,
    ),
    seeds=5,
)

SPECS: tuple[Spec, ...] = (SOLUBILITY, LIPOPHILICITY, HERG)
"""Every endpoint, in the order in which they are listed and predicted."""
