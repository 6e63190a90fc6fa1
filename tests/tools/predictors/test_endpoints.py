from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from retort.retrieval.errors import UsageError
from retort.tools.predictors import endpoints
from retort.tools.predictors.endpoints import SPECS, spec
from retort.tools.predictors.records import Endpoint
from retort.tools.predictors.training.sources import READERS


def test_names_and_aliases_belong_to_one_endpoint() -> None:
    called = [
        name
        for made in SPECS
        for name in {text.casefold() for text in (made.name, made.label, *made.aliases)}
    ]
    assert len(called) == len(set(called))


@pytest.mark.parametrize("made", SPECS, ids=lambda made: str(made.name))
def test_a_card_is_whole(made: endpoints.Spec) -> None:
    assert made.model == f"retort-{made.name}-{made.version}"
    bounds = [band.below for band in made.bands]
    assert bounds[-1] is None and bounds[:-1] == sorted(b for b in bounds if b is not None)
    assert made.sources and not made.sources[0].auxiliary
    assert [source.auxiliary for source in made.sources] == sorted(
        source.auxiliary for source in made.sources
    )
    assert (made.task == "classification") == bool(made.positive)
    assert made.metric in (("MAE", "Spearman") if made.task == "regression" else ("AUROC", "AUPRC"))
    for source in made.sources:
        assert bool(source.agreement) == source.auxiliary
        assert source.reference and source.licence and source.reader in READERS
    assert made.label and made.measured and made.transform_note and made.bands_source


def test_the_negative_class_reads_well_of_every_endpoint() -> None:
    """A countable noun without article: "no hERG blocker", "no cause of liver injury"."""
    classes = [made.positive for made in SPECS if made.positive]
    articles = ("a ", "an ", "the ", "no ", "not ")
    assert classes and not any(name.lower().startswith(articles) for name in classes)
    made = Endpoint("x", "x", "classification", "", "hERG blocker", "m", (), "s")
    assert made.negative == "no hERG blocker"
    assert replace(made, positive="").negative == ""


def test_transforms_go_there_and_back() -> None:
    half_life = spec("half_life")
    assert half_life.learnt(100.0) == pytest.approx(2.0)
    assert half_life.published(half_life.learnt(3.3)) == pytest.approx(3.3)
    assert spec("solubility").learnt(-3.0) == spec("solubility").published(-3.0) == -3.0


def test_the_panel_is_of_potencies() -> None:
    panel = [made for made in SPECS if made.family == "off-target"]
    assert 0 < len(panel) <= 60
    assert {(made.unit, made.task) for made in panel} == {("pChEMBL", "regression")}
    assert all(made.name.startswith("target_CHEMBL") for made in panel)


def test_an_unknown_endpoint_is_refused() -> None:
    with pytest.raises(UsageError):
        spec("boiling point")


def test_a_card_file_has_defaults_and_shared_sets() -> None:
    text = """
        [default]
        task = "classification"
        family = "toxicity"
        measured = "m"
        transform_note = "none"
        faults = ["small"]
        bands = [{ below = 0.5, text = "no" }, { text = "yes" }]
        bands_source = "set by this project"
        metric = "AUROC"

        [shared.matrix]
        name = "matrix"
        reader = "table"
        path = "m.csv"
        reference = "r"
        licence = "l"

        [one]
        label = "one"
        positive = "active"
        sources = [{ use = "matrix", value = "A" }]

        [two]
        label = "two"
        positive = "active"
        faults = []
        sources = [{ use = "matrix", value = "B" }]
    """
    one, two = endpoints.read_card(text)
    assert (one.sources[0].value, two.sources[0].value) == ("A", "B")
    assert one.faults == ("small",) and two.faults == ()
    assert one.licence == "l"
    with pytest.raises(ValueError, match="the card of one"):
        endpoints.read_card(text.replace('positive = "active"', 'colour = "red"'))
    with pytest.raises(ValueError, match="RMSE"):
        endpoints.read_card(text.replace("AUROC", "RMSE"))


def test_cards_are_not_read_before_they_are_needed() -> None:
    code = (
        "import retort.tools.predictors.endpoints as e, sys\n"
        "assert e.specs.cache_info().currsize == 0\n"
        "print(sorted({'torch', 'lightgbm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
