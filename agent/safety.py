"""Safety: what is refused, decided by code before any model is asked, with the rule shown.

What somebody should take themselves is for a doctor, and is not answered. A question is refused
that asks how to make, obtain or strengthen something whose only plausible use is harm.
Pharmacology, toxicology, history and detection of the same substances are answered: a name alone
never refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MAKE = re.compile(
    r"\b(?:synthesi[sz]e|synthesi[sz]ing|synthesis|synthetic route|route to|produce|producing"
    r"|production of|make|making|manufactur\w*|prepare|preparation of|cook(?:ing)?"
    r"|precursors? (?:for|to|of)|recipe|purify|buy|purchase|order|obtain|acquire|source"
    r"|weaponi[sz]e\w*|aerosoli[sz]e\w*|dispers(?:e|al)|stabili[sz]e"
    r"|more (?:toxic|lethal|potent)|increase (?:the )?(?:toxicity|lethality|potency)"
    r"|evade|avoid detection|step[- ]by[- ]step)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:biosynthe\w+|how does the body"
    r"|(?:inhibit|block|affect|reduce)\w* (?:the )?(?:synthesis|production))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question is not answered."""

    rule: str
    """the rule's name, shown to the user"""
    reason: str
    instead: str
    """what is possible"""

    def text(self) -> str:
        """The refusal as the user reads it."""
        return f"I do not help with this. {self.reason} {self.instead} (Rule: {self.rule}.)"


_RULES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "chemical-weapons",
        re.compile(
            r"\b(?:sarin|soman|tabun|cyclosarin|novichok|a-23[0-4]|vx(?: agent| nerve)?"
            r"|nerve (?:agent|gas)\w*|mustard gas|lewisite|ricin|botulinum toxin|saxitoxin"
            r"|chemical weapon\w*)\b",
            re.IGNORECASE,
        ),
        "It asks for the making, obtaining or strengthening of a chemical-weapon agent "
        "(Chemical Weapons Convention, Schedule 1).",
    ),
    (
        "explosives",
        re.compile(
            r"\b(?:tatp|hmtd|petn|rdx|trinitrotoluene|triacetone triperoxide"
            r"|explosives?|pipe bomb|detonator\w*)\b",
            re.IGNORECASE,
        ),
        "It asks for the making or obtaining of an explosive.",
    ),
    (
        "illicit-drugs",
        re.compile(
            r"\b(?:methamphetamine|crystal meth|heroin|diacetylmorphine|\w*fentanyl|carfentanil"
            r"|nitazenes?|mdma|ecstasy|lsd|cocaine|ghb|pcp|phencyclidine|mephedrone|cathinones?)\b",
            re.IGNORECASE,
        ),
        "It asks for the making or obtaining of a controlled drug.",
    ),
)


_ADVICE = re.compile(
    r"\b(?:should|can|could|may|must|do) I (?:\w+ ){0,3}?"
    r"(?:take|taking|swallow|combine|stop taking)\b"
    r"(?! (?:the log|a log|into account|a look))"
    r"|\b(?:dose|much|many)\b[^?.]{0,60}\b(?:should|can|must|may|do) I (?:take|swallow|need)\b",
    re.IGNORECASE,
)
"""Somebody asks what to take: a question for a doctor, who sees the person."""


def review(question: str) -> Refusal | None:
    """Say whether a question is refused.

    Args:
        question: the user's text.

    Returns:
        The refusal with the rule that fired, or None for a question that may be answered.
    """
    if _ADVICE.search(question):
        return Refusal(
            "personal-medical-advice",
            "It asks what a person should take, and I answer from research, not for a patient.",
            "Ask a doctor or a pharmacist; where it is urgent, call the emergency services. "
            "What is known about a drug can be asked.",
        )
    if not _MAKE.search(_ABOUT.sub(" ", question)):
        return None
    for rule, pattern, reason in _RULES:
        if pattern.search(question):
            return Refusal(
                rule,
                reason,
                "Its pharmacology, toxicology, detection and medical treatment can be asked.",
            )
    return None
