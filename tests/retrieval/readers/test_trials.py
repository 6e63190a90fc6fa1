"""Trial registrations: both versions of the service, every way of putting studies in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import read

INDENTS = (None, 2)


def study(number: int = 1) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{number:08d}",
                "briefTitle": "Warfarin dose",
                "officialTitle": "A trial of a warfarin dose",
            },
            "statusModule": {
                "overallStatus": "COMPLETED",
                "studyFirstPostDateStruct": {"date": "2011-03-04", "type": "ESTIMATED"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A Clinic", "class": "OTHER"}},
            "descriptionModule": {
                "briefSummary": "We ask  whether.",
                "detailedDescription": "First.\n\n * one\n * two",
            },
            "conditionsModule": {"conditions": ["Stroke", "Bleeding"], "keywords": ["CYP2C9"]},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2", "PHASE3"]},
            "armsInterventionsModule": {
                "armGroups": [{"label": "Low", "type": "ACTIVE_COMPARATOR", "description": "1 mg"}],
                "interventions": [{"type": "DRUG", "name": "Warfarin", "description": "Daily."}],
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "INR", "timeFrame": "7 days"}]},
            "eligibilityModule": {
                "eligibilityCriteria": "Inclusion:\n\n* INR \\> 1",
                "sex": "ALL",
                "minimumAge": "18 Years",
            },
        },
        "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D1", "term": "Stroke"}]}},
        "hasResults": False,
    }


OLD = {
    "FullStudiesResponse": {
        "FullStudies": [
            {
                "Rank": 1,
                "Study": {
                    "ProtocolSection": {
                        "IdentificationModule": {"NCTId": "NCT00000009", "BriefTitle": "Old one"},
                        "StatusModule": {
                            "StudyFirstPostDateStruct": {"StudyFirstPostDate": "May 3, 2005"}
                        },
                        "SponsorCollaboratorsModule": {"LeadSponsor": {"LeadSponsorName": "Lab"}},
                        "ConditionsModule": {"ConditionList": {"Condition": ["Gout"]}},
                        "DesignModule": {"PhaseList": {"Phase": ["Phase 2"]}},
                        "ArmsInterventionsModule": {
                            "InterventionList": {
                                "Intervention": [
                                    {"InterventionType": "Drug", "InterventionName": "Colchicine"}
                                ]
                            }
                        },
                        "OutcomesModule": {
                            "PrimaryOutcomeList": {
                                "PrimaryOutcome": [{"PrimaryOutcomeMeasure": "Pain"}]
                            }
                        },
                    },
                    "DerivedSection": {
                        "ConditionBrowseModule": {
                            "ConditionMeshList": {"ConditionMesh": [{"ConditionMeshTerm": "Gout"}]}
                        }
                    },
                },
            }
        ]
    }
}


def test_one_study(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(json.dumps(study(), indent=1))
    result = read(path)
    (paper,) = result.papers
    assert result.format == "clinical-trials"
    assert paper.paper_id == paper.source_id == "NCT00000001"
    assert paper.url == "https://clinicaltrials.gov/study/NCT00000001"
    assert (paper.title, paper.year) == ("A trial of a warfarin dose", 2011)
    assert (paper.authors, paper.journal) == (("A Clinic",), "ClinicalTrials.gov")
    assert (paper.mesh, paper.keywords) == (("Stroke",), ("CYP2C9",))
    assert paper.publication_types == ("Clinical Trial Registration",) and paper.has_abstract
    assert paper.metadata == {
        "brief_title": "Warfarin dose",
        "status": "COMPLETED",
        "phase": "PHASE2; PHASE3",
        "study_type": "INTERVENTIONAL",
    }
    assert [(s.title, paper.text[s.start : s.end]) for s in paper.sections] == [
        ("Brief summary", "We ask whether."),
        ("Detailed description", "First.\n\n* one\n* two"),
        ("Conditions", "Stroke; Bleeding"),
        ("Arms", "Low (active comparator): 1 mg"),
        ("Interventions", "Warfarin (drug): Daily."),
        ("Primary outcomes", "INR (7 days)"),
        ("Eligibility", "Inclusion:\n\n* INR > 1\n\nSex: All; Age: from 18 Years"),
    ]


def test_the_first_version(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(json.dumps(OLD))
    (paper,) = read(path).papers
    assert (paper.paper_id, paper.title, paper.year) == ("NCT00000009", "Old one", 2005)
    assert (paper.authors, paper.mesh, paper.metadata) == (
        *(("Lab",), ("Gout",), {"phase": "Phase 2"}),
    )
    assert paper.text == "Gout\n\nColchicine (Drug)\n\nPain" and not paper.has_abstract


@pytest.mark.parametrize("indent", INDENTS)
def test_lists_pages_and_lines(tmp_path: Path, indent: int | None) -> None:
    many = [study(1), study(2), study(3)]
    shapes = [
        json.dumps(many, indent=indent),
        json.dumps({"totalCount": 3, "studies": many}, indent=indent),
        "\n".join(json.dumps(one, indent=indent) for one in many),
    ]
    for shape in shapes:
        (tmp_path / "x").write_text(shape)
        result = read(tmp_path / "x")
        assert [paper.paper_id[-1] for paper in result.papers] == ["1", "2", "3"]
        assert result.skipped == ()


@pytest.mark.parametrize("indent", INDENTS)
def test_broken_files_keep_their_other_studies(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "x"
    whole = json.dumps([study(1), study(2), study(3)], indent=indent)
    path.write_text(whole[:-40])
    result = read(path)
    assert [paper.paper_id[-1] for paper in result.papers] == ["1", "2"]
    assert len(result.skipped) == 1
    path.write_text(whole.replace('"NCT00000002",', '"NCT00000002"'))
    result = read(path)
    assert [paper.paper_id[-1] for paper in result.papers] == ["1", "3"]
    assert len(result.skipped) == 1


def test_what_is_no_study_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(json.dumps([study(1), {"protocolSection": {}}, 5, study(2)]))
    result = read(path)
    assert len(result.papers) == 2 and len(result.skipped) == 2
    path.write_text('{"protocolSection": {"identificationModule": {"nctId": "X"}}}')
    with pytest.raises(RetortError, match="no NCT number"):
        read(path)


def test_bottomless_nesting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    head = '{"protocolSection": {"identificationModule": '
    path.write_text(head + "[" * 100_000 + "]" * 100_000 + "}}")
    with pytest.raises(RetortError, match="RecursionError"):
        read(path)
