"""Which tools a question may need: a small model chooses better among eight than among all.

A tool's score for a question is a sum of three: whether it answers a kind of question that words
and names insist on, how sure the learned classifier is of that kind, and how alike the encoder
finds the question and the tool's docstring or one of the questions that the docstring quotes.
``python -m benchmarks.routing`` measures it. Knows no message: it is told questions and calls.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

import numpy as np
from langchain_core.tools import BaseTool

from retort.agent.models.embedded import followup, intents
from retort.agent.models.embedded.classifier import IntentClassifier
from retort.agent.models.embedded.dialogue import Turn
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.relevance import SentenceEncoder, Vectors

ALWAYS = ("search_literature", "find_molecule")
SHOWN = 8
"""tools with their schemas"""
CORE = 4
"""of them, those that the question asks for most; the others may be kept from the last question"""
EARLIER = 6
"""questions of the conversation that the choice looks back to"""

TOOLS = {
    "identity": ("find_molecule",),
    "properties": ("calculate_properties",),
    "rules": ("check_rules",),
    "alerts": ("check_alerts",),
    "charge": ("estimate_charge",),
    "similarity": ("compare_molecules",),
    "series": ("analyse_series",),
    "substructure": ("match_substructure",),
    "conversion": ("convert_units",),
    "efficiency": ("ligand_efficiency", "find_activities"),
    "conformers": ("generate_conformers",),
    "mechanism": ("find_mechanism",),
    "drugs_for_target": ("find_mechanism",),
    "indications": ("find_indications",),
    "disease_drugs": ("find_indications",),
    "warnings": ("find_warnings",),
    "activities": ("find_activities",),
    "selectivity": ("find_selectivity",),
    "structure_activity": ("find_structure_activity",),
    "similar_compounds": ("find_similar",),
    "compounds_with": ("find_with_substructure",),
    "target_info": ("find_target",),
    "document": ("find_document",),
    "prediction": ("predict_property",),
    "literature": ("search_literature",),
    "out_of_scope": ("search_literature",),
}
"""What answers each kind of question that the classifier knows."""

INSISTED, SURE, ALIKE = 1.0, 1.0, 2.0
"""Weights of the three parts of a score."""
REMEMBERED = 500
"""texts whose vectors are kept"""
_SUREST = 1.5
"""times its threshold: an intent's probability counts up to this"""

_QUOTED = re.compile(r'"([^"]{6,80})"')
_ASIDE = re.compile(r"\bNot (?:for|to)\b|\bExample\b|\bMeasured values:")


class Router:
    """Scores tools for questions; loaded once, shared by all conversations.

    Args:
        encoder: gives the bundled encoder, at the first question.
    """

    def __init__(self, encoder: Callable[[], SentenceEncoder]) -> None:
        self._encoder = encoder
        self._vectors = _Remembering(encoder)
        self._quoted: dict[str, Vectors] = {}

    @functools.cached_property
    def _learnt(self) -> tuple[IntentClassifier, Gazetteer]:
        return IntentClassifier.load(), Gazetteer.starter()

    def route(
        self, turns: Sequence[Turn], tools: Sequence[BaseTool], shown: int = SHOWN, more: int = 0
    ) -> tuple[str, ...]:
        """Names of the tools to show, in the order of ``tools``.

        A tool that the conversation called stays while there is room. The tools of the last
        question are shown again where they hold what the new one asks for most: text that stays the
        same at the head of a prompt is read once.

        Args:
            turns: of the conversation; the last one is answered now.
            tools: all there are.
            shown: how many.
            more: shown besides, because what was called so far did not do.
        """
        if len(tools) <= shown:
            return tuple(tool.name for tool in tools)
        recent = turns[-EARLIER:]
        chosen: tuple[str, ...] = ()
        ranked: list[str] = []
        for i in range(len(recent)):
            ranked = self.rank(recent[: i + 1], tools)
            core = ranked[: min(CORE, shown)]
            if not chosen or not set(core) <= set(chosen):
                called = {call.name for turn in recent[:i] for call in turn.calls}
                kept = [name for name in ranked if name in called]
                chosen = tuple(dict.fromkeys([*core, *kept, *ranked]))[:shown]
        wider = [name for name in ranked if name not in chosen][:more]
        return tuple(tool.name for tool in tools if tool.name in chosen or tool.name in wider)

    def rank(self, turns: Sequence[Turn], tools: Sequence[BaseTool]) -> list[str]:
        """All tools' names, the likeliest first; the two that always help at the head.

        Args:
            turns: of the conversation; the last one is answered now.
            tools: all there are.
        """
        scores = self.scores(turns, tools)
        scores |= {name: np.inf for name in ALWAYS if name in scores}
        return sorted(scores, key=lambda name: -scores[name])

    def scores(self, turns: Sequence[Turn], tools: Sequence[BaseTool]) -> dict[str, float]:
        """Tool -> how much the last question asks for it."""
        classifier, gazetteer = self._learnt
        question = turns[-1].question
        entities = find_entities(question, gazetteer)
        focus = followup.focus_of(turns[:-1], gazetteer)
        ratios = classifier.classify(entities, self._vectors)
        wanted, _ = intents.choose(entities, ratios, focus)
        asked = self._vectors.encode([question, entities.masked])
        scores = {
            tool.name: ALIKE * float(np.mean(np.max(asked @ self._examples(tool).T, axis=1)))
            for tool in tools
        }
        kinds = {
            name: INSISTED * (name in wanted) + SURE * min(ratio, _SUREST)
            for name, ratio in ratios.items()
        }
        best: dict[str, float] = {}
        for kind, names in TOOLS.items():
            for name in names:
                best[name] = max(best.get(name, 0.0), kinds[kind])
        return {name: score + best.get(name, 0.0) for name, score in scores.items()}

    def _examples(self, tool: BaseTool) -> Vectors:
        """(n, d): what the tool does and the questions that its docstring quotes."""
        if tool.description not in self._quoted:
            told = _ASIDE.split(tool.description)[0]
            texts = [told.split(". ")[0], *_QUOTED.findall(told)]
            self._quoted[tool.description] = self._encoder().encode(texts)
        return self._quoted[tool.description]


class _Remembering:
    """An encoder that reads a text once."""

    def __init__(self, encoder: Callable[[], SentenceEncoder]) -> None:
        self._encoder = encoder
        self._kept: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, d) float32, unit norm."""
        kept = self._kept if len(self._kept) < REMEMBERED else {}
        if new := [text for text in dict.fromkeys(texts) if text not in kept]:
            kept = kept | dict(zip(new, self._encoder().encode(new), strict=True))
        self._kept = kept  # replaced, never changed: threads share it
        return np.stack([kept[text] for text in texts])
