from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from retort.retrieval.errors import RetortError
from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.smiles.network import Encoder
from retort.tools.predictors.training import pretraining
from retort.ui.cli import app

CHAINS = tuple("C" * chain + tail for chain in range(1, 12) for tail in ("O", "N", "F", "Cl", "S"))


def test_pretraining_leaves_an_encoder_and_a_rerun_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = pretraining.Settings(width=64, depth=1)
    monkeypatch.setattr(pretraining, "Settings", lambda: small)
    molecules = tmp_path / "data" / "molecules"
    (molecules / "pretrain_union").mkdir(parents=True)
    (molecules / "tdc_admet").mkdir()
    (molecules / "tdc_admet" / "holdout_inchikey14.txt").write_text("AAAAAAAAAAAAAA\n")
    union = molecules / "pretrain_union" / "smiles_union.txt.gz"
    union.write_bytes(gzip.compress("\n".join(CHAINS).encode()))
    command = ["predictors", "pretrain", "--data", str(tmp_path / "data"), "--epochs", "1"]
    command += ["--work", str(tmp_path / "work"), "--processes", "1", "--json"]
    first, again = (CliRunner().invoke(app, command) for _ in range(2))
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["molecules"] == len(CHAINS)
    assert pretraining.load(Path(told["encoder"])).width == 64
    assert json.loads(again.stdout) == told


def test_a_table_is_learnt_and_the_error_is_told(tmp_path: Path) -> None:
    torch.manual_seed(0)
    pretraining.save(Encoder(len(tokens.shipped().tokens), 64, 1), tmp_path / "encoder", {})
    table = tmp_path / "mine.csv"
    rows = [f"{text},{text.count('C')}" for text in CHAINS]
    table.write_text("\n".join(["smiles,carbons", *rows, "C1CC(,3", "CCBr,"]), encoding="utf-8")
    command = ["predictors", "finetune", str(table), "--target", "carbons", "--epochs", "2"]
    command += ["--encoder", str(tmp_path / "encoder"), "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "MAE" in result.stdout and "95 % interval" in result.stdout
    assert "1 empty, 1 unreadable" in result.stdout
    out = str(tmp_path / "out")
    assert f"retort predict SMILES --model {out}" in result.stdout
    listed = CliRunner().invoke(app, ["predict", "--list", "--model", out])
    assert "source: mine.csv" in listed.stdout and "model own-carbons-" in listed.stdout
    asked = CliRunner().invoke(app, ["predict", "CCCCO", "--model", out])
    assert asked.exit_code == 0, asked.output
    assert "carbons" in asked.stdout and "mine.csv" in asked.stdout and "nan" not in asked.stdout
    assert asked.stdout.count("CCCCO\n") == 1 and " CCCCO " in asked.stdout
    table.write_text("smiles\nCCO\nCCCN\n", encoding="utf-8")
    command = ["predict", "--input", str(table), "--output", str(tmp_path / "predicted.csv")]
    written = CliRunner().invoke(app, [*command, "--model", out])
    assert written.exit_code == 0, written.output
    assert "predicted_carbons_lo" in (tmp_path / "predicted.csv").read_text(encoding="utf-8")
    why = CliRunner().invoke(app, ["predict", "CCO", "--model", out, "--explain"])
    assert "cannot be explained" in str(why.exception)


def test_a_wrong_column_lists_the_columns(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("smiles,logD\nCCO,1\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["predictors", "finetune", str(table), "--target", "pIC50"])
    assert isinstance(result.exception, RetortError)
    assert "smiles, logD" in str(result.exception)
