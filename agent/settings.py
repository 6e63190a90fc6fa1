"""Settings: the one file that reads the environment. Settings are data and build nothing.

``Settings.from_environment()`` is called once by a door; everything below is handed what it needs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

_LIBRARY_NAME = re.compile(r"[^\W_][\w .-]{0,99}")
"""One folder, never a way out of the libraries."""

_TEXTS = (
    *("model", "quantisation", "library", "encoder", "reranker", "chembl", "predictors"),
    *("chembl_url", "email", "ncbi_key", "model_key"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set."""

    home: Path
    """``RETORT_HOME``: all state; default the platform's user data folder"""
    model: str = "auto"
    """``RETORT_MODEL``: ``embedded``, ``hf:NAME-OR-PATH``, ``http(s)://HOST:PORT/v1#MODEL`` or
    ``auto``"""
    library: str = "default"
    """``RETORT_LIBRARY``: the library that questions are answered from, by name or, on a server, by
    address: ``postgresql://USER@HOST:PORT/DATABASE?library=NAME``"""
    encoder: str = "bundled"
    """``RETORT_ENCODER``: ``bundled``, a hub name, or a path, for libraries made from now on"""
    reranker: str = ""
    """``RETORT_RERANKER``: a cross-encoder that orders what a search found, by hub name or path;
    none unless it is set"""
    chembl: str = "starter"
    """``RETORT_CHEMBL``: ``starter`` (shipped), ``web`` (the public service), or the path of a
    ChEMBL SQLite file"""
    predictors: str = "shipped"
    """``RETORT_PREDICTORS``: ``shipped``, or a folder of checkpoints that ``retort predictors fit``
    wrote"""
    chembl_url: str = "https://www.ebi.ac.uk/chembl/api/data"
    """``RETORT_CHEMBL_URL``: base of the web service, for mirrors and tests"""
    offline: bool = False
    """``RETORT_OFFLINE=1``: no outbound connection whatsoever"""
    max_steps: int = 6
    """``RETORT_MAX_STEPS``: model calls in one answer before it must be written from what was
    found"""
    evidence_tokens: int = 6000
    """``RETORT_EVIDENCE_TOKENS``: budget of evidence shown to the model in one answer"""
    context_tokens: int = 0
    """``RETORT_CONTEXT_TOKENS``: of the model's context; 0 for what the model says of itself"""
    seed: int = 0
    """``RETORT_SEED``: for models that sample"""
    no_tools: bool = False
    """``--no-tools``: the model alone, without tools and evidence, for comparison"""
    quantisation: str = ""
    """``RETORT_QUANTISATION``: ``4bit`` or ``8bit`` weights for ``hf:`` and ``auto`` on a GPU; 16
    bits unless it is set"""
    email: str = ""
    """``RETORT_EMAIL``: told to PubMed and Europe PMC with each request, so that they can write to
    whoever asks too much"""
    ncbi_key: str = field(default="", repr=False)
    """``RETORT_NCBI_KEY``: of an NCBI account, for ten requests a second instead of three"""

    model_key: str = field(default="", repr=False)
    """``RETORT_MODEL_KEY``: what a model server wants as its key; sent to that server alone"""

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, **overrides: Any
    ) -> Settings:
        """Read ``RETORT_*``; ``overrides`` that are not None win.

        Raises:
            UsageError: a number is not a number, or there is no such user's home.
        """
        from retort.retrieval.errors import UsageError

        env = os.environ if environ is None else environ
        settings = cls(home=_home(env))
        values: dict[str, Any] = {}
        for name in _TEXTS:
            if text := env.get(f"RETORT_{name.upper()}"):
                values[name] = text
        values["offline"] = env.get("RETORT_OFFLINE", "") not in ("", "0", "false", "no")
        for name in ("max_steps", "evidence_tokens", "context_tokens", "seed"):
            if text := env.get(f"RETORT_{name.upper()}"):
                try:
                    values[name] = int(text)
                except ValueError:
                    raise UsageError(
                        f"RETORT_{name.upper()}={text!r} is not a whole number.",
                        "It is read from the environment.",
                        f"unset RETORT_{name.upper()}",
                    ) from None
        values |= {name: value for name, value in overrides.items() if value is not None}
        return replace(settings, **values)

    def digest(self) -> str:
        """Twelve hex digits over everything that can change an answer; paths of state and who asks
        are left out.
        """
        data = {
            name: str(value)
            for name, value in asdict(self).items()
            if name not in ("home", "chembl_url", "email", "ncbi_key", "model_key")
        }
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]

    def library_place(self) -> Path | str:
        """Where the library is: its folder, or an address as it was given.

        Raises:
            UsageError: see `library_path`.
        """
        return self.library if "://" in self.library else self.library_path()

    def library_path(self, name: str | None = None) -> Path:
        """The folder of a library.

        Raises:
            UsageError: the name could not be a folder's, or would lead out of the libraries.
        """
        from retort.retrieval.errors import UsageError

        name = self.library if name is None else name
        if not _LIBRARY_NAME.fullmatch(name):
            raise UsageError(
                f"{name[:100]!r} is no name for a library.",
                "A name has 1 to 100 letters, digits, spaces, dots, hyphens and underscores, and "
                "begins with a letter or digit.",
                "--library default",
            )
        return self.home / "libraries" / name

    @property
    def predictors_path(self) -> Path | None:
        """The folder of the predictors; None for the shipped ones."""
        return None if self.predictors == "shipped" else Path(self.predictors).expanduser()

    @property
    def sessions_path(self) -> Path:
        """The one file to back up."""
        return self.home / "sessions.sqlite"

    @property
    def cache_path(self) -> Path:
        """Web answers with their time, downloaded models."""
        return self.home / "cache"

    @property
    def log_path(self) -> Path:
        """The rotating log; every error shown to a user has an id found here."""
        return self.home / "logs" / "retort.log"


def _home(env: Mapping[str, str]) -> Path:
    from retort.retrieval.errors import UsageError

    if text := env.get("RETORT_HOME"):
        home = Path(os.path.expanduser(text))
        if home.parts and home.parts[0].startswith("~"):
            raise UsageError(
                f"RETORT_HOME={text!r} leads nowhere.",
                f"There is no user {home.parts[0][1:]!r} with a home folder.",
                "unset RETORT_HOME",
            )
        return home
    import platformdirs

    return Path(platformdirs.user_data_dir("retort", appauthor=False))


def silence_telemetry(environ: Any = os.environ) -> None:
    """Turn off what third-party packages would send. Called by the doors before anything heavy is
    imported.
    """
    environ["LANGSMITH_TRACING"] = "false"
    environ["LANGCHAIN_TRACING_V2"] = "false"
    environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    environ["GRADIO_SSR_MODE"] = "False"
    environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    environ["RAY_USAGE_STATS_ENABLED"] = "0"
    environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def keep_ray_here(environ: Any = os.environ) -> None:
    """Let a Ray cluster that is started on this machine listen on 127.0.0.1 alone.

    Whatever address it is given, Ray otherwise takes the one by which others reach this machine;
    the name of the variable tells where it does not.
    """
    environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
