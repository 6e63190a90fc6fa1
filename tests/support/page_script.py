"""The story that the browser tests play: papers, tools and a model that answers from a script."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import BaseTool, tool
from scripted import Scripted, call, calls

from retort.agent.models.cancellation import is_cancelled
from retort.agent.records import ABSTENTION
from retort.retrieval.records import Paper
from retort.tools.records import Evidence, ToolResult, render
from retort.tools.tables import Column, Table

NASTY = (
    "Carriers of CYP2C9*2 and CYP2C9*3 need less.\n\nL-alanine is C[C@H](N)C(=O)O, a | b, _so_ "
    "`it` is. <img src=http://evil.example/a.png onerror=alert(1)> [x](http://evil.example) "
    "![y](http://evil.example/b.png) $$x^2$$ <script>alert(2)</script> &amp; done."
)
"""Text of a paper that must appear to the letter and cause no request."""

_WARFARIN = (
    "BACKGROUND: Warfarin has a narrow therapeutic range. Dose requirements differ several-fold "
    "between patients. METHODS: We genotyped 185 patients on stable therapy. RESULTS: Carriers of "
    "CYP2C9*2 and CYP2C9*3 needed lower maintenance doses than patients without a variant allele. "
    "The mean daily dose was 5.63 mg in *1/*1, 4.88 mg in *1/*2 and 3.32 mg in *1/*3. "
    "CONCLUSIONS: Genotyping before therapy may help to choose the first dose."
)
_NOTE = (
    "CYP2C9 clears the S-enantiomer of warfarin, which carries most of its effect. Alleles with "
    "little activity slow this clearance, so a lower dose keeps the same INR. VKORC1 acts on the "
    "same dose from the side of the target."
)
PAPERS = {
    paper.paper_id: paper
    for paper in (
        Paper("PMID:1", "PMID:1", "CYP2C9 genotype and warfarin dose in 185 patients", _WARFARIN),
        Paper("NOTE:cyp2c9", "NOTE:cyp2c9", "CYP2C9 and warfarin", _NOTE, kind="note"),
        Paper("PMID:2", "PMID:2", "A paper <b>with</b> *traps*", f"Before. {NASTY} After."),
    )
}


def passage(paper_id: str, first: str, last: str, **record: Any) -> Evidence:
    """The slice of a paper from one phrase to the end of another."""
    paper = PAPERS[paper_id]
    start = paper.text.index(first)
    end = paper.text.index(last, start) + len(last)
    about = {
        "record": "passage",
        "paper_id": paper_id,
        "is_note": paper.kind == "note",
        "retracted": False,
        "retraction": "",
        **record,
    }
    url = f"https://pubmed.ncbi.nlm.nih.gov/{paper_id[5:]}/" if paper.kind == "paper" else ""
    return Evidence(
        "literature", paper_id, paper.title, paper.text[start:end], start, end, url, about
    )


def activity(name: str, chembl_id: str, value: float, pchembl: float) -> Evidence:
    """A measured activity on EGFR."""
    quote = (
        f"{name}: IC50 = {value} nM on EGFR (Epidermal growth factor receptor, Homo sapiens), "
        f"assay CHEMBL674637, document CHEMBL1134862, pChEMBL {pchembl}."
    )
    record = {
        "record": "activity",
        "molecule_chembl_id": chembl_id,
        "molecule_name": name,
        "gene": "EGFR",
        "organism": "Homo sapiens",
        "type": "IC50",
        "relation": "=",
        "value": value,
        "units": "nM",
        "pchembl": pchembl,
        "assay_chembl_id": "CHEMBL674637",
        "document_chembl_id": "CHEMBL1134862",
        "year": 2004,
        "validity": "",
        "release": "ChEMBL 36",
    }
    url = f"https://www.ebi.ac.uk/chembl/explore/compound/{chembl_id}"
    return Evidence("chembl", chembl_id, name, quote, url=url, record=record)


def prediction(endpoint: str, value: float, unit: str, low: float, high: float) -> Evidence:
    """A predicted property of paracetamol."""
    inside = unit != "probability"
    domain = "inside" if inside else "outside"
    quote = (
        f"M1: predicted {endpoint} {value} {unit}, 90 % interval {low} to {high}, {domain} the "
        "applicability domain (nearest training molecule 0.62 Tanimoto)."
    )
    record = {
        "record": "prediction",
        "endpoint_label": endpoint,
        "smiles": PARACETAMOL["smiles"],
        "value": value,
        "unit": unit,
        "interval": [low, high],
        "confidence": 0.9,
        "in_domain": inside,
        "nearest_training_similarity": 0.62,
        "percentile_of_drugs": 71.0,
        "model": f"retort-{endpoint} 1",
    }
    return Evidence("prediction", f"retort-{endpoint} 1", endpoint, quote, record=record)


PARACETAMOL = {
    "handle": "M1",
    "name": "paracetamol",
    "smiles": "CC(=O)Nc1ccc(O)cc1",
    "inchikey": "RZVAJINKPMORJF-UHFFFAOYSA-N",
}
OSIMERTINIB = {
    "handle": "M1",
    "name": "osimertinib",
    "smiles": "C=CC(=O)Nc1cc(Nc2nccc(-c3cn(C)c4ccccc34)n2)c(OC)cc1N(C)CCN(C)C",
    "inchikey": "DUYJMQONPNNFPI-UHFFFAOYSA-N",
}
_MECHANISM = Evidence(
    "chembl",
    "CHEMBL3353410",
    "Osimertinib",
    "Osimertinib: Epidermal growth factor receptor inhibitor, on EGFR (CHEMBL203).",
    record={"record": "mechanism", "molecule_name": "OSIMERTINIB", "release": "ChEMBL 36"},
)
_RULE = Evidence(
    "calculation",
    "RDKit 2026.09.1",
    "Lipinski's rule of five",
    "M1 osimertinib passes Lipinski's rule of five with 0 violations (1 is allowed): molecular "
    "weight 499.6 Da, logP 4.51, 2 donors, 8 acceptors.",
    record={
        "record": "rule",
        "smiles": OSIMERTINIB["smiles"],
        "rule": "Lipinski's rule of five",
        "passes": True,
        "violations": 0,
        "criteria": [
            {"criterion": "molecular weight <= 500 Da", "value": 499.6, "passes": True},
            {"criterion": "logP <= 5", "value": 4.51, "passes": True},
        ],
        "rdkit_version": "2026.09.1",
    },
)


def _literature(query: str) -> ToolResult:
    if "traps" in query:
        found: tuple[Evidence, ...] = (
            passage("PMID:2", "Carriers of", "done.", section="Results", page=4, year=2021),
        )
    else:
        found = (
            passage(
                "PMID:1",
                "RESULTS: Carriers",
                "3.32 mg in *1/*3.",
                section="Abstract",
                year=2002,
                journal="Pharmacogenetics",
                authors=["Higashi MK", "Veenstra DL", "Kondo LM"],
            ),
            passage("NOTE:cyp2c9", "CYP2C9 clears", "same INR."),
            passage("PMID:1", "CONCLUSIONS", "first dose.", section="Abstract", year=2002),
        )
    papers = len({item.source_id for item in found})
    return ToolResult(
        f"Literature: {len(found)} passages from {papers} papers for “{query}”",
        found,
        count=len(found),
    )


ACTIVITIES = Table(
    "IC50 on EGFR (ChEMBL 36)",
    (
        Column("molecule_name", "compound"),
        Column("smiles", "SMILES"),
        Column("relation", "relation"),
        Column("value", "IC50", "nM"),
    ),
    tuple((f"=compound {at}", "C#Cc1cccc(Nc2ncncc2)c1", "=", 0.5 * at) for at in range(1, 38)),
    "smiles",
)
"""All that the look-up found, of which the model reads three."""

_RESULTS = {
    "find_activities": ToolResult(
        "ChEMBL: 37 activities for EGFR with IC50 below 10 nM",
        (
            activity("ERLOTINIB", "CHEMBL553", 2.0, 8.7),
            activity("AFATINIB", "CHEMBL1173655", 0.5, 9.3),
            activity("GEFITINIB", "CHEMBL939", 5.4, 8.27),
        ),
        "34 more; ask with offset=3.",
        37,
        table=ACTIVITIES,
    ),
    "predict_property": ToolResult(
        "2 predictions for M1 paracetamol",
        (
            prediction("aqueous solubility", -1.05, "log mol/L", -1.9, -0.2),
            prediction("hERG block", 0.08, "probability", 0.01, 0.4),
        ),
        count=2,
        molecules=(PARACETAMOL,),
    ),
    "find_mechanism": ToolResult("ChEMBL: 1 mechanism of osimertinib", (_MECHANISM,), count=1),
    "check_rules": ToolResult(
        "RDKit: 1 rule checked for M1 osimertinib", (_RULE,), count=1, molecules=(OSIMERTINIB,)
    ),
}


def tools() -> list[BaseTool]:
    """Tools with the real names that give what the story needs."""

    def look_up(name: str) -> tuple[str, ToolResult]:
        time.sleep(0.3)
        return render(_RESULTS[name]), _RESULTS[name]

    @tool(response_format="content_and_artifact")
    def find_activities(target: str, max_value_nm: float | None = None) -> tuple[str, ToolResult]:
        """Measured activities."""
        return look_up("find_activities")

    @tool(response_format="content_and_artifact")
    def predict_property(
        molecule: str, endpoints: list[str] | None = None
    ) -> tuple[str, ToolResult]:
        """Predicted properties."""
        return look_up("predict_property")

    @tool(response_format="content_and_artifact")
    def find_mechanism(molecule: str) -> tuple[str, ToolResult]:
        """Mechanism of action."""
        return look_up("find_mechanism")

    @tool(response_format="content_and_artifact")
    def check_rules(molecule: str) -> tuple[str, ToolResult]:
        """Drug-likeness rules."""
        return look_up("check_rules")

    @tool(response_format="content_and_artifact")
    def search_literature(query: str) -> tuple[str, ToolResult]:
        """Passages."""
        result = _literature(query)
        return render(result), result

    return [find_activities, predict_property, find_mechanism, check_rules, search_literature]


_STORY: dict[str, tuple[Any, str]] = {
    "slow": (
        calls(call("find_activities", target="EGFR")),
        "Erlotinib has an IC50 of 2.0 nM [E1]. " + "And so on, word by word. " * 120,
    ),
    "warfarin": (
        calls(call("search_literature", query="CYP2C9 variants warfarin dose")),
        "Carriers of CYP2C9*2 and CYP2C9*3 needed lower maintenance doses than patients without a "
        "variant allele [E1]. The mean daily dose was:\n\n"
        "| genotype | dose (mg/day) |\n|---|---|\n| *1/*1 | 5.63 [E1] |\n| *1/*2 | 4.88 [E1] |\n"
        "| *1/*3 | 3.32 [E1] |\n\n"
        "The reason: CYP2C9 clears the S-enantiomer of warfarin, which carries most of its effect "
        "[E2].",
    ),
    "EGFR": (
        calls(call("find_activities", target="EGFR", max_value_nm=10.0)),
        "Three of the 37 measured activities, best first:\n\n"
        "| compound | IC50 | pChEMBL |\n|---|---|---|\n"
        "| **afatinib** (`CHEMBL1173655`) | = 0.5 nM | 9.3 [E2] |\n"
        "| **erlotinib** (`CHEMBL553`) | = 2.0 nM | 8.7 [E1] |\n"
        "| **gefitinib** (`CHEMBL939`) | = 5.4 nM | 8.27 [E3] |\n",
    ),
    "soluble": (
        calls(call("predict_property", molecule="CC(=O)Nc1ccc(O)cc1", endpoints=["solubility"])),
        "`CC(=O)Nc1ccc(O)cc1` is **predicted** to be soluble: -1.05 log mol/L, 90 % interval -1.9 "
        "to -0.2 [E1]. The predicted probability of hERG block is 0.08 (0.01 to 0.4), but it is "
        "outside the domain of the model [E2].",
    ),
    "osimertinib": (
        calls(
            call("find_mechanism", "a", molecule="osimertinib"),
            call("check_rules", "b", molecule="osimertinib"),
        ),
        "Osimertinib inhibits the epidermal growth factor receptor [E1]. It passes Lipinski's rule "
        "of five with 0 violations: molecular weight 499.6 Da, logP 4.51 [E2].",
    ),
    "traps": (
        calls(call("search_literature", query="traps <img src=http://evil.example/q.png> *a*")),
        "It says: L-alanine is C[C@H](N)C(=O)O, CYP2C9*2 and CYP2C9*3, $$x^2$$ "
        "<img src=http://evil.example/c.png> [x](http://evil.example) [E1].",
    ),
    "careless": (
        calls(call("find_activities", target="EGFR")),
        "Erlotinib has an IC50 of 7 nM [E1] [E99]. Gefitinib was also tested in many other places.",
    ),
    "France": (None, f"{ABSTENTION}. Searched: nothing fits a question on geography."),
}


def play(messages: list[BaseMessage]) -> Any:
    """The model's next message: first the story's tools, then its answer."""
    asked = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
    question = messages[asked].text
    if "broken" in question:
        raise RuntimeError("CUDA out of memory")
    key = next((key for key in _STORY if key in question), "France")
    step, answer = _STORY[key]
    used = any(isinstance(message, ToolMessage) for message in messages[asked:])
    if step is None or used:
        return _renumbered(answer, messages[asked:])
    return step


def _renumbered(answer: str, messages: list[BaseMessage]) -> str:
    """Keys run on through a conversation; the story counts from E1 in every answer."""
    artifacts = [m.artifact for m in messages if isinstance(m, ToolMessage) and m.artifact]
    keys = [item["key"] for artifact in artifacts for item in artifact["evidence"]]
    for number in range(len(keys), 0, -1):
        answer = answer.replace(f"[E{number}]", f"[[{number}]]")
    for number, key in enumerate(keys, 1):
        answer = answer.replace(f"[[{number}]]", f"[{key}]")
    return answer


class Benches:
    """What the story's assistant works with."""

    def make(self, molecules: Any = ()) -> Any:
        return SimpleNamespace(molecules=SimpleNamespace(all=list, meet=lambda calls: None))

    def tools(self, bench: object) -> list[BaseTool]:
        return tools()

    def encoder(self) -> Any:
        """None: a screening reads words only, and a planner's evidence is not ordered."""
        return None

    def library(self) -> Any:
        return SimpleNamespace(name="starter", count=lambda: (len(PAPERS), 7), paper=PAPERS.get)

    def chembl(self) -> Any:
        return SimpleNamespace(release=lambda: "ChEMBL 36")


class Slow(Scripted):
    """Writes as fast as a small model on a small machine."""

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for chunk in super()._stream(*args, **kwargs):
            yield chunk
            if is_cancelled():
                return
            time.sleep(0.02)
