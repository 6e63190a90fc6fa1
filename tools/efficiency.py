"""Ligand efficiencies: what a potency is worth for the size and lipophilicity that it costs.

Owns the formulas and their sources. Each index is calculated from one measured value and the
properties of the structure; relations of the value are carried on.
"""

from __future__ import annotations

from retort.retrieval.errors import RetortError
from retort.tools.calculation_shapes import IndexShape
from retort.tools.properties import Values
from retort.tools.units import TURNED, UNITS, Quantity, convert

LE_FACTOR = 1.37
"""kcal/mol of binding free energy in one unit of pIC50, RT ln 10 at 300 K (Hopkins 2004)"""

FQ_SCALE = (0.0715, 7.5328, 25.7079, -361.4722)
"""Coefficients of 1, 1/N, 1/N^2 and 1/N^3 of the best efficiency for N heavy atoms (Reynolds
2008)."""

FQ_FROM = 10
"""heavy atoms from which on that curve was fitted"""

SOURCES = {
    "LE": "Hopkins et al., Drug Discov Today 2004, 9, 430",
    "BEI": "Abad-Zapatero and Metz, Drug Discov Today 2005, 10, 464",
    "SEI": "Abad-Zapatero and Metz, Drug Discov Today 2005, 10, 464",
    "LLE": "Leeson and Springthorpe, Nat Rev Drug Discov 2007, 6, 881",
    "LELP": "Keseru and Makara, Nat Rev Drug Discov 2009, 8, 203",
    "FQ": "Reynolds et al., J Med Chem 2008, 51, 2432",
}


def potency(given: Quantity, weight: float) -> Quantity:
    """A measured value as a negative decadic logarithm of mol/L.

    Args:
        given: a concentration, a logarithm, or a free energy of binding at 298.15 K.
        weight: molecular weight in g/mol.

    Raises:
        RetortError: the value is no potency: below 1e-18 or above 1,000 mol/L.
    """
    if given.unit.kind == "logarithm":
        made = given
    else:
        named = f"p{given.measure}"
        made = convert(given, UNITS.get(named, UNITS["pChEMBL"]), weight)
    if not -3 <= made.value <= 18:
        raise RetortError(
            f"{given.text()} is no potency.",
            f"It is {made.text()}; potencies lie between -3 and 18.",
            "Check value and unit.",
        )
    return made


def indices(values: Values, potency: Quantity) -> list[IndexShape]:
    """The efficiencies of a molecule; one that is not defined for it is left out.

    Args:
        values: of the parent.
        potency: a logarithm, as ``potency`` gives it.
    """
    atoms, logp = values.number("heavy_atoms"), values.number("logp")
    surface, p = values.number("tpsa"), potency.value
    efficiency = LE_FACTOR * p / atoms
    found = [
        _index("LE", "ligand efficiency", efficiency, "kcal/mol per heavy atom", potency),
        _index(
            "BEI",
            "binding efficiency index",
            1000 * p / values.number("molecular_weight"),
            "per kDa",
            potency,
        ),
    ]
    if surface > 0:
        index = 100 * p / surface
        found.append(
            _index("SEI", "surface efficiency index", index, "per 100 A^2 of TPSA", potency)
        )
    found.append(_index("LLE", "lipophilic ligand efficiency", p - logp, "", potency))
    if efficiency > 0:
        turned = TURNED[potency.relation] if logp > 0 else potency.relation
        index = logp / efficiency
        found.append(_index("LELP", "lipophilicity per efficiency", index, "", potency, turned))
    if atoms >= FQ_FROM:
        best = sum(factor / atoms**power for power, factor in enumerate(FQ_SCALE))
        found.append(_index("FQ", "fit quality", efficiency / best, "", potency))
    return found


def _index(
    name: str, label: str, value: float, unit: str, potency: Quantity, relation: str = ""
) -> IndexShape:
    return {
        "index": name,
        "label": label,
        "relation": relation or potency.relation,
        "value": round(value, 2) + 0.0,
        "text": f"{round(value, 2) + 0.0:.2f}",
        "unit": unit,
        "source": SOURCES[name],
    }


def basis(values: Values) -> str:
    """What of the structure went into the efficiencies."""
    return (
        f"{values['heavy_atoms']} heavy atoms, molecular weight "
        f"{values.number('molecular_weight'):.2f} g/mol, logP {values.number('logp'):.2f} "
        f"(Wildman-Crippen), TPSA {values.number('tpsa'):.2f} A^2"
    )


def unsaid(values: Values) -> str:
    """Why an index is missing; empty where none is."""
    reasons = []
    if values.number("tpsa") <= 0:
        reasons.append("SEI needs a polar surface, and there is none.")
    if values.number("heavy_atoms") < FQ_FROM:
        reasons.append(f"FQ is defined from {FQ_FROM} heavy atoms on.")
    return " ".join(reasons)
