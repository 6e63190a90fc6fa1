"""``retort triage``: files in, files out, exit codes, and what bad input gives."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openai_server import serve

from retort.agent.settings import Settings
from retort.agent.triage.intake import from_files
from retort.agent.triage.records import Criteria
from retort.agent.triage.screening import Screening
from retort.retrieval.errors import UsageError
from retort.ui.cli import main
from retort.ui.curve import png

HEADER = "record_id,title,abstract,label_included\n"


def rows(count: int, has_labels: bool = True) -> str:
    lines = []
    for number in range(count):
        good = number % 5 == 0
        what = "Sumatriptan in migraine" if good else "Insulin in diabetes"
        label = str(int(good)) if has_labels else ""
        lines.append(f"r{number},{what} {number},A trial of number {number}: {what}.,{label}\n")
    return HEADER + "".join(lines)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "set.csv"
    path.write_text(rows(40), encoding="utf-8")
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["retort", "triage", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rank_by_criteria(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "set.csv"
    path.write_text(rows(40, has_labels=False) + "bare,,,\n", encoding="utf-8")
    out = tmp_path / "ranked.csv"
    words = "--criteria", "migraine; sumatriptan", "--words-only", "--output", out
    assert run(monkeypatch, "rank", path, *words) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "1 with neither title nor abstract, ranked last" in told.err
    ranked = written(out)
    assert [row["rank"] for row in ranked] == [str(n) for n in range(1, 42)]
    assert all("migraine" in row["title"] for row in ranked[:8])
    assert ranked[-1]["record_id"] == "bare" and ranked[-1]["unreadable"]
    assert float(ranked[0]["score"]) > float(ranked[-1]["score"])


def test_rank_learns_from_labels_and_writes_ris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, labels = tmp_path / "set.csv", tmp_path / "labels.csv"
    path.write_text(rows(40, has_labels=False), encoding="utf-8")
    labels.write_text("record_id,label\nr0,1\nr1,0\n", encoding="utf-8")
    out = tmp_path / "ranked.ris"
    assert run(monkeypatch, "rank", path, "--labels", labels, "--words-only", "--output", out) == 0
    ranked = from_files([out])
    assert all("migraine" in record.title for record in ranked.records[:8])
    assert {d.record_id: d.label for d in ranked.decisions} == {"r0": "include", "r1": "exclude"}


def test_a_broken_file_in_a_folder_is_told_and_the_others_are_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "records", tmp_path / "out.csv"
    folder.mkdir()
    (folder / "a.csv").write_text(rows(10), encoding="utf-8")
    (folder / "b.ris").write_bytes(b"")
    words = ("--words-only", "--json", "--output", out)
    assert run(monkeypatch, "rank", folder, *words) == 3
    told = capsys.readouterr()
    assert json.loads(told.out)["files_failed"] == 1 and len(written(out)) == 10
    assert "! b.ris is empty. It has zero bytes." in told.err
    (folder / "a.csv").write_bytes(b"x")
    out.unlink()
    assert run(monkeypatch, "rank", folder, *words) == 1
    assert "None of 2 files could be read." in capsys.readouterr().err and not out.exists()


@pytest.mark.parametrize("where", ["intake.from_files", "ranked.rank"])
def test_ctrl_c_ends_a_ranking_in_one_line(
    where: str,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"retort.agent.triage.{where}", interrupted)
    out = tmp_path / "out.csv"
    assert run(monkeypatch, "rank", source, "--words-only", "--output", out) == 130
    told = capsys.readouterr().err
    assert told.splitlines()[-1].startswith("Stopped.") and "Traceback" not in told
    assert not out.exists()


def simulated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> Any:
    assert run(monkeypatch, "simulate", *arguments, "--words-only", "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_simulate_tells_the_contract_and_the_seed_decides(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = simulated(monkeypatch, capsys, source, "--seed", 1)
    assert (made["records"], made["relevant"]) == (40, 8)
    assert sorted(made["order"]) == sorted(f"r{n}" for n in range(40))
    assert {"10", "20", "50"} <= set(made["recall_at"])
    found = [int(name[1:]) % 5 == 0 for name in made["order"]]
    assert made["recall_at"]["20"] == sum(found[:8]) / 8
    read = next(n for n in range(1, 41) if sum(found[:n]) >= 0.95 * 8)
    assert made["wss95"] == pytest.approx((40 - read) / 40 - 0.05)
    assert simulated(monkeypatch, capsys, source, "--seed", 1) == made
    assert simulated(monkeypatch, capsys, source, "--seed", 2)["order"] != made["order"]


def test_simulate_from_criteria_needs_no_start(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = simulated(monkeypatch, capsys, source, "--criteria", "migraine")
    assert made["recall_at"]["20"] == 1
    assert made["wss95"] == pytest.approx(1 - 8 / 40 - 0.05)


def test_simulate_draws_its_curve(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    plot = tmp_path / "curve.png"
    assert run(monkeypatch, "simulate", source, "--words-only", "--plot", plot) == 0
    with Image.open(io.BytesIO(plot.read_bytes())) as image:
        assert image.format == "PNG"
        assert len(image.getcolors(100_000) or ()) > 4
    recall = [0.5, 1.0, 1.0, 1.0]
    assert len({png(recall), png(recall, 0.25), png(recall, 0.75)}) == 3, "the rule is drawn"


def test_a_screening_is_deleted_only_when_that_is_said(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Settings.from_environment().sessions_path
    for name in ("one", "two"):
        Screening.create(path, name, from_files([source]), Criteria("migraine")).close()
    assert run(monkeypatch, "delete", "one") == 2
    assert "--yes" in capsys.readouterr().err
    assert run(monkeypatch, "delete", "three", "--yes") == 2
    capsys.readouterr()
    assert run(monkeypatch, "delete", "one", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": "one"}
    assert [summary.name for summary in Screening.listing(path)] == ["two"]
    with pytest.raises(UsageError):
        Screening.open(path, "one")


def test_export_writes_what_was_decided_and_tells_the_counts(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = Settings.from_environment()
    screening = Screening.create(
        home.sessions_path, "my review", from_files([source]), Criteria("migraine")
    )
    screening.decide("r1", "maybe", "who knows")
    screening.close()
    out = tmp_path / "out.csv"
    assert run(monkeypatch, "export", "my review", "--output", out, "--json") == 0
    counts = json.loads(capsys.readouterr().out)["prisma"]
    assert counts["screened"] == 39 and counts["included"] == 8 and counts["undecided"] == 1
    (changed,) = [row for row in written(out) if row["record_id"] == "r1"]
    assert (changed["decision"], changed["decided_by"], changed["note"]) == (
        "maybe",
        "user",
        "who knows",
    )
    assert run(monkeypatch, "list", "--json") == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["name"] == "my review"
    assert run(monkeypatch, "export", "other") == 2
    assert "There are: my review." in capsys.readouterr().err


BAD = {
    "no titles": ("rank", "a,b\n1,2\n", 1),
    "nothing to rank by": ("rank", HEADER + "1,Title of a paper,Text of it.,\n", 2),
    "not all labelled": ("simulate", HEADER + "1,Title of a paper,Text.,1\n2,Other,Text.,\n", 2),
    "none relevant": ("simulate", HEADER + "1,Title of a paper,Text.,0\n2,Other,Text.,0\n", 2),
    "one id, both labels": (
        "simulate",
        HEADER + "1,Title one,Text.,0\n1,Title two,Text.,1\n2,Title three,Text.,1\n3,Four,x,0\n",
        2,
    ),
}


@pytest.mark.parametrize(("command", "text", "code"), BAD.values(), ids=BAD.keys())
def test_bad_input_gives_what_why_next(
    command: str,
    text: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    output = ("--output", tmp_path / "x.csv") if command == "rank" else ()
    got = run(monkeypatch, command, path, "--words-only", *output)
    told = capsys.readouterr()
    assert got == code, told.err
    assert "error:" in told.err and "why:" in told.err and "next:" in told.err
    assert told.out == ""
    assert not (tmp_path / "x.csv").exists()


def test_an_output_of_unknown_kind_is_refused_before_any_work(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "rank", source, "--output", tmp_path / "x.txt") == 2
    assert ".csv or .ris" in capsys.readouterr().err


VERDICT = [{"content": 'MET\n"Sumatriptan in migraine"'}]
ASK = ("--criteria", "migraine", "--words-only", "--json")


@pytest.fixture
def ranked(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Any:
    """Ranks with a model: exit code, what ``--json`` said, stderr and the rows written."""

    def go(*arguments: object) -> tuple[int, Any, str, list[dict[str, str]]]:
        out = tmp_path / "ranked.csv"
        out.unlink(missing_ok=True)
        code = run(monkeypatch, "rank", source, "--output", out, *ASK, *arguments)
        told = capsys.readouterr()
        return code, json.loads(told.out), told.err, written(out) if out.exists() else []

    return go


def test_the_best_are_judged_by_a_served_model_and_not_asked_again(ranked: Any) -> None:
    with serve(VERDICT) as server:
        code, told, err, rows = ranked("--model", f"{server.url}#m", "--judge", 3)
        assert code == 0 and len(server.requests) == 3
        assert told["judged"] == {"asked": 3, "before": 0, "failed": 0, "left": 0, "error": None}
        assert all('met (criterion: migraine) "Sumatriptan' in row["verdicts"] for row in rows[:3])
        assert not any(row["verdicts"] for row in rows[3:])
        assert "3 records judged" in err
        code, told, err, again = ranked("--model", f"{server.url}#m", "--judge", 5)
        assert code == 0 and len(server.requests) == 5
        assert (told["judged"]["asked"], told["judged"]["before"]) == (2, 3)
        assert [row["record_id"] for row in again] == [row["record_id"] for row in rows]


def test_a_model_that_is_named_judges_a_page_unless_told_otherwise(
    ranked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(VERDICT) as server:
        monkeypatch.setenv("RETORT_MODEL", f"{server.url}#m")
        assert ranked()[1]["judged"]["asked"] == 20
        assert ranked("--judge", 0)[1]["judged"] is None


def test_a_server_that_fails_leaves_the_ranking(ranked: Any) -> None:
    with serve(VERDICT, 401) as server:
        code, told, err, rows = ranked("--model", f"{server.url}#m", "--workers", 1)
    assert code == 3 and len(rows) == 40 and rows[0]["verdicts"]
    assert told["judged"]["asked"] == 1 and told["judged"]["failed"]
    assert "error:" in err and "why:" in err and "next:" in err
    code, told, err, rows = ranked("--model", "http://127.0.0.1:9/v1#m", "--judge", 2)
    assert code == 3 and len(rows) == 40 and told["judged"]["left"] == 2
    assert "cannot be reached" in err and "2 left" in err


def test_the_embedded_model_cannot_judge_and_says_so(
    ranked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retort.agent.models.memory.gpu_memory", lambda: None)
    for model in ("embedded", "auto"):
        code, told, _, rows = ranked("--model", model, "--judge", 2)
        assert code == 2 and rows == []
        assert "cannot judge" in told["error"]["what"] and "--model hf:" in told["error"]["next"]
    assert ranked("--model", "embedded")[1]["judged"] is None


def test_possible_exclusions_are_told_and_change_no_order(ranked: Any) -> None:
    _, told, _, plain = ranked()
    assert told["possible_exclusions"] == 0
    wanted = "Include: migraine\nExclude: trial of number 5"
    _, told, err, rows = ranked("--criteria", wanted)
    assert [row["record_id"] for row in rows] == [row["record_id"] for row in plain]
    assert told["possible_exclusions"] == sum(bool(row["possible_exclusion"]) for row in rows) > 0
    assert "with a possible exclusion" in err


def test_what_is_read_is_not_written_over(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = source.read_bytes()
    output = source.parent / "." / source.name
    assert run(monkeypatch, "rank", source, "--output", output, *ASK) == 2
    assert "another --output" in capsys.readouterr().err and source.read_bytes() == before
