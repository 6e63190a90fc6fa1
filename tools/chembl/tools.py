"""The ChEMBL tools as a language model calls them.

Owns their names, arguments and descriptions, which are prompts: short, with one worked example
each. What they do stands in ``lookups.py``.
"""

from __future__ import annotations

from langchain_core.tools import BaseTool, tool

from retort.tools.bench import Bench, handed_back
from retort.tools.chembl import lookups
from retort.tools.records import ToolResult


def build_tools(bench: Bench) -> list[BaseTool]:
    """The four tools over ChEMBL, bound to one conversation's molecules and one source."""

    @tool(response_format="content_and_artifact", parse_docstring=True)
    def find_target(target: str) -> tuple[str, ToolResult]:
        """Find a protein target in ChEMBL: its id, gene, UniProt accession and organism.

        Use for "what is the ChEMBL id of EGFR" or "which protein is P00533".
        Example: find_target(target="EGFR") gives CHEMBL203, human, UniProt P00533.

        Args:
            target: gene symbol, UniProt accession, protein name or ChEMBL id, e.g. "EGFR".
        """
        return handed_back(lookups.find_target(bench, target))

    @tool(response_format="content_and_artifact", parse_docstring=True)
    def find_activities(
        target: str = "",
        molecule: str = "",
        activity_type: str = "",
        max_value_nm: float | None = None,
        min_pchembl: float | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> tuple[str, ToolResult]:
        """Measured activities (IC50, Ki, Kd, EC50) in ChEMBL, best first.

        Use for "how potent is X on Y", "which compounds inhibit Y below 10 nM", "what does X hit".
        Not for predictions. Give a target, a molecule or both.
        Example: EGFR inhibitors with an IC50 below 10 nM are
        find_activities(target="EGFR", activity_type="IC50", max_value_nm=10).

        Args:
            target: gene symbol, UniProt accession, protein name or ChEMBL id, e.g. "EGFR".
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            activity_type: IC50, Ki, Kd or EC50; empty for all.
            max_value_nm: only values below this, in nM (1 uM = 1000 nM).
            min_pchembl: only pChEMBL values of at least this (9 = 1 nM, 6 = 1 uM).
            limit: how many to show; the count of all is in the result.
            offset: rows to skip, to see more; the result says which.
        """
        return handed_back(
            lookups.find_activities(
                bench, target, molecule, activity_type, max_value_nm, min_pchembl, limit, offset
            )
        )

    @tool(response_format="content_and_artifact", parse_docstring=True)
    def find_mechanism(molecule: str = "", target: str = "") -> tuple[str, ToolResult]:
        """Curated mechanism of action of a drug, or the drugs that act on a target.

        Use for "how does X work", "what is the target of X" or "which drugs act on Y".
        Give a molecule or a target.
        Example: find_mechanism(molecule="osimertinib") gives EGFR inhibitor.

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            target: gene symbol, UniProt accession, protein name or ChEMBL id, e.g. "EGFR".
        """
        return handed_back(lookups.find_mechanism(bench, molecule, target))

    @tool(response_format="content_and_artifact", parse_docstring=True)
    def find_indications(molecule: str) -> tuple[str, ToolResult]:
        """Diseases a drug is approved for or was tried in, with the highest clinical phase.

        Use for "what is X used for". Phase 4 is approved; below 4 is not.
        Example: find_indications(molecule="imatinib") gives chronic myeloid leukaemia, phase 4.

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
        """
        return handed_back(lookups.find_indications(bench, molecule))

    return [find_target, find_activities, find_mechanism, find_indications]
