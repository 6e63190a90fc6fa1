"""The doctor: the state of every part, its cause, and the command that fixes it.

Repairs nothing. It makes what a first question would make: the home and the starter files in it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, Literal

from retort.agent.bench import BenchMaker
from retort.agent.sessions import damaged, trouble
from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError

ROOM_BESIDES_EVIDENCE = 12_000
"""tokens of the instructions and tools (some 5,000), the conversation and the reply (4,096)"""

State = Literal["ok", "limited", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One part and how it is."""

    part: str
    state: State
    cause: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding on the wire."""
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Look at every part. No part's failure hides another's."""
    benches = BenchMaker(settings)
    return [
        _guarded("home", lambda: _home(settings)),
        _guarded("model", lambda: _model(settings, benches)),
        _guarded("GPU", lambda: _gpu(settings)),
        _guarded("grammar", _grammar),
        _guarded("encoder", lambda: _encoder(settings, benches)),
        _guarded("library", lambda: _library(benches)),
        _guarded("sessions", lambda: _sessions(settings)),
        _guarded("ChEMBL", lambda: _chembl(settings, benches)),
        _guarded("predictors", lambda: _predictors(benches)),
        _guarded("network", lambda: _network(settings)),
    ]


def _guarded(part: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except RetortError as error:
        return Finding(part, "broken", " ".join((error.what, error.why)), error.next)
    except OSError as error:
        cause = f"{error.filename}: {error.strerror}"
        return Finding(part, "broken", cause, "Set RETORT_HOME to a folder that can be written.")
    except Exception as error:  # a doctor that falls ill helps nobody
        cause = f"{type(error).__name__}: {error}"
        return Finding(part, "broken", cause, "make install, then retort doctor again")


def _home(settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    probe = settings.home / ".probe"
    probe.write_text("x")
    probe.unlink()
    free_gb = shutil.disk_usage(settings.home).free / 1e9
    if free_gb < 1:
        cause = f"{settings.home}, only {free_gb:.1f} GB free"
        return Finding("home", "limited", cause, "Make room, or set RETORT_HOME to another disk.")
    return Finding("home", "ok", f"{settings.home}, {free_gb:.0f} GB free")


def _model(settings: Settings, benches: BenchMaker) -> Finding:
    from retort.agent.models.select import load_model

    loaded = load_model(settings, benches.encoder)
    if settings.model.startswith(("http://", "https://")):
        return _endpoint(settings, loaded.model)
    cause = f"{loaded.name} ({loaded.why})"
    if settings.model == "auto" and loaded.name == "embedded":
        fix = "retort models lists those that a GPU or a server can run. Nothing has to be done."
        return Finding("model", "ok", cause, fix)
    return Finding("model", "ok", cause)


def _endpoint(settings: Settings, model: Any) -> Finding:
    """A server that answered when it was asked what it has; then whether it answers with tools."""
    takes_tools = model.greet()
    served = model.served
    context = f"{served.context:,} tokens" if served.context else "not told"
    tools = "taken" if takes_tools else "not taken: they go in the text"
    cause = (
        f"{settings.model} answers ({served.seconds * 1000:.0f} ms); context {context}; "
        f"tools {tools}"
    )
    if served.context and served.context < settings.evidence_tokens + ROOM_BESIDES_EVIDENCE:
        least = settings.evidence_tokens + ROOM_BESIDES_EVIDENCE
        fix = (
            f"Start the server with a context of {least:,} tokens or more "
            f"(vllm --max-model-len, llama-server -c, OLLAMA_CONTEXT_LENGTH={least}), "
            "or set RETORT_EVIDENCE_TOKENS lower."
        )
        return Finding("model", "limited", cause, fix)
    if not takes_tools:
        fix = (
            "vllm serve --enable-auto-tool-choice --tool-call-parser hermes, llama-server --jinja, "
            "or a model that takes tools: retort models"
        )
        return Finding("model", "limited", cause, fix)
    return Finding("model", "ok", cause)


def _gpu(settings: Settings) -> Finding:
    """The GPUs, and the largest known model that fits them now."""
    import torch

    from retort.agent.models import catalogue
    from retort.agent.models.memory import gpu_memory

    memory = gpu_memory()
    if memory is None:
        fix = "Nothing to do: the embedded model needs none. A CUDA GPU is used when there is one."
        return Finding("GPU", "limited", f"no CUDA GPU (torch {torch.__version__})", fix)
    held = settings.quantisation
    model = catalogue.best(memory.free_gib, held)
    if model is None:
        least = catalogue.FOR_AUTO[-1]
        cause = f"{memory.told()}; {least.name} needs {least.need(held).gib:.1f}"
        fix = "End what else uses it, RETORT_QUANTISATION=4bit, or a model server by its URL."
        return Finding("GPU", "limited", cause, fix)
    fits = f"{model.name} fits ({model.need(held).gib:.1f} GiB, estimated)"
    return Finding("GPU", "ok", f"{memory.told()}; {fits}")


def _grammar() -> Finding:
    """Whether the calls of an ``hf:`` model can be held to their schemas."""
    if importlib.util.find_spec("llguidance") is None:
        cause = "llguidance is not here: hf: models write their calls freely"
        return Finding("grammar", "limited", cause, "pip install llguidance, for hf: models only")
    version = importlib.metadata.version("llguidance")
    return Finding("grammar", "ok", f"llguidance {version}: calls of hf: models fit their schemas")


def _encoder(settings: Settings, benches: BenchMaker) -> Finding:
    from retort.retrieval.encode import load_encoder

    if settings.encoder == "bundled":
        encoder = benches.encoder()
    else:
        encoder = load_encoder(settings.encoder, settings.offline)
    return Finding("encoder", "ok", f"{encoder.name}, {encoder.dimension} dimensions")


def _library(benches: BenchMaker) -> Finding:
    library = benches.library()
    papers, passages = library.count()
    cause = f"{library.name}: {papers:,} papers and notes, {passages:,} passages"
    if library.name == "starter":
        return Finding(
            "library", "limited", f"{cause} (no paper of yours yet)", "retort library add PATH"
        )
    return Finding("library", "ok", cause)


def _sessions(settings: Settings) -> Finding:
    path = settings.sessions_path
    if not path.exists():
        return Finding("sessions", "ok", "no conversation yet")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        try:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
            answers = db.execute("SELECT count(*) FROM answer").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise trouble(path, error) from error
    if found != "ok":
        raise damaged(path, found)
    return Finding("sessions", "ok", f"{answers:,} answers in {path}")


def _chembl(settings: Settings, benches: BenchMaker) -> Finding:
    release = benches.chembl().release()
    if settings.chembl == "starter":
        fix = "RETORT_CHEMBL=/path/chembl_NN.db for a full dump, or RETORT_CHEMBL=web"
        return Finding("ChEMBL", "limited", f"{release}, the shipped starter file", fix)
    return Finding("ChEMBL", "ok", f"{release}, {settings.chembl}")


def _predictors(benches: BenchMaker) -> Finding:
    return Finding("predictors", "ok", benches.predictors().state())


def _network(settings: Settings) -> Finding:
    if settings.offline:
        return Finding("network", "ok", "RETORT_OFFLINE=1: no outbound connection is made")
    if settings.chembl == "web":
        return Finding("network", "ok", f"used for ChEMBL only, at {settings.chembl_url}")
    return Finding("network", "ok", "not used: every source is local")
