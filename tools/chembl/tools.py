"""The ChEMBL tools as a language model calls them.

Owns their names, arguments and descriptions, which are prompts: short, with one worked example
each. What they do stands in ``lookups.py``, ``profiles.py`` and ``searches.py``.
"""

from __future__ import annotations

from langchain_core.tools import BaseTool

from retort.tools.bench import Bench, handed_back, tool
from retort.tools.chembl import lookups, profiles, searches
from retort.tools.records import ToolResult
from retort.tools.structures import whole


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tools over ChEMBL, bound to one conversation's molecules and one source."""

    @tool
    def find_target(target: str) -> tuple[str, ToolResult]:
        """Find a protein target in ChEMBL: its id, gene, UniProt accession and organism.

        Use for "what is the ChEMBL id of EGFR" or "which protein is P00533".
        Example: find_target(target="EGFR") gives CHEMBL203, human, UniProt P00533.

        Args:
            target: gene symbol, UniProt accession, protein name or ChEMBL id, e.g. "EGFR".
        """
        return handed_back(lookups.find_target(bench, whole(target)))

    @tool
    def find_activities(
        target: str = "",
        molecule: str = "",
        activity_type: str = "",
        max_value_nm: float | None = None,
        min_pchembl: float | None = None,
        limit: int = 10,
        offset: int = 0,
        min_value_nm: float | None = None,
        variant: str = "",
        assay_type: str = "",
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
            min_value_nm: only values above this, in nM: weak or inactive compounds.
            variant: only this mutant, e.g. "T790M"; "wild type" for none; empty for all.
            assay_type: binding, functional, ADMET, toxicity or physicochemical; empty for all.
        """
        return handed_back(
            lookups.find_activities(
                bench,
                target,
                molecule,
                activity_type,
                max_value_nm,
                min_pchembl,
                limit,
                offset,
                min_value_nm,
                variant,
                assay_type,
            )
        )

    @tool
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

    @tool
    def find_indications(
        molecule: str = "", disease: str = "", offset: int = 0
    ) -> tuple[str, ToolResult]:
        """Diseases a drug is approved for or was tried in, or the drugs for a disease.

        Use for "what is X used for" or "which drugs treat asthma". Phase 4 is approved; below 4
        is not.
        Example: find_indications(molecule="imatinib") gives chronic myeloid leukaemia, phase 4.

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            disease: a disease or part of its MeSH heading, e.g. "asthma".
            offset: rows to skip, to see more; the result says which.
        """
        return handed_back(lookups.find_indications(bench, molecule, disease, max(0, offset)))

    @tool
    def find_selectivity(molecule: str, offset: int = 0) -> tuple[str, ToolResult]:
        """A molecule across all its targets in ChEMBL: median pChEMBL, range, n and conflicts.

        Use for "how selective is X", "what else does X hit". Not for one target: use
        find_activities.
        Example: find_selectivity(molecule="gefitinib") lists EGFR and its other targets.

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            offset: targets to skip, to see more; the result says which.
        """
        return handed_back(profiles.find_selectivity(bench, molecule, max(0, offset)))

    @tool
    def find_structure_activity(
        target: str, molecule: str = "", smarts: str = "", activity_type: str = "", offset: int = 0
    ) -> tuple[str, ToolResult]:
        """Table of a series on a target: each compound's structure, median value, range and n.

        Use for "SAR of the quinazolines on EGFR", "analogues of X on Y". Give a molecule (its
        scaffold) or a SMARTS.
        Example: find_structure_activity(target="EGFR", molecule="gefitinib").

        Args:
            target: gene symbol, UniProt accession, protein name or ChEMBL id, e.g. "EGFR".
            molecule: compounds that share this molecule's scaffold.
            smarts: compounds that hold this pattern instead.
            activity_type: IC50, Ki, Kd or EC50; empty for all.
            offset: compounds to skip, to see more; the result says which.
        """
        return handed_back(
            profiles.find_structure_activity(
                bench, target, molecule, smarts, activity_type, max(0, offset)
            )
        )

    @tool
    def find_similar(
        molecule: str, threshold: float = 0.7, offset: int = 0
    ) -> tuple[str, ToolResult]:
        """Molecules of ChEMBL that are alike to one, by Tanimoto similarity of structure.

        Use for "compounds like X", "close analogues of X". Not to compare two molecules: use
        compare_molecules.
        Example: find_similar(molecule="gefitinib", threshold=0.5).

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            threshold: lowest similarity, 0.3 to 1; 0.7 for close analogues.
            offset: molecules to skip, to see more; the result says which.
        """
        return handed_back(searches.find_similar(bench, molecule, threshold, max(0, offset)))

    @tool
    def find_with_substructure(smarts: str, offset: int = 0) -> tuple[str, ToolResult]:
        """Molecules of ChEMBL that contain a substructure.

        Use for "which compounds contain a quinazoline". Not to look into one molecule: use
        match_substructure.
        Example: find_with_substructure(smarts="c1ccc2ncncc2c1") gives quinazolines.

        Args:
            smarts: a SMILES or SMARTS of the part sought.
            offset: molecules to skip, to see more; the result says which.
        """
        return handed_back(searches.find_with_substructure(bench, smarts, max(0, offset)))

    @tool
    def find_warnings(molecule: str) -> tuple[str, ToolResult]:
        """Withdrawals and boxed warnings of a drug: reason, country, year and references.

        Use for "was X withdrawn", "does X carry a boxed warning". Not for other side effects.
        Example: find_warnings(molecule="rofecoxib") gives its withdrawal.

        Args:
            molecule: a handle such as M1, a name, a ChEMBL id, a SMILES or an InChIKey.
        """
        return handed_back(searches.find_warnings(bench, molecule))

    @tool
    def find_document(document: str) -> tuple[str, ToolResult]:
        """A paper or patent in ChEMBL: its activities counted, and whether your library holds it.

        Use for "which ChEMBL record is this paper", "is this ChEMBL document in my library".
        Example: find_document(document="10.1038/nbt.1990").

        Args:
            document: a DOI, a PMID, a ChEMBL document id or the id of a paper in the library.
        """
        return handed_back(searches.find_document(bench, whole(document)))

    return [
        find_target,
        find_activities,
        find_mechanism,
        find_indications,
        find_selectivity,
        find_structure_activity,
        find_similar,
        find_with_substructure,
        find_warnings,
        find_document,
    ]
