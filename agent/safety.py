"""Safety: what is refused, decided by code before any tool or model runs, with the rule shown.

A question is refused that asks how to make, obtain, strengthen, spread or hide something whose only
plausible use is harm, or how to harm a person. Pharmacology, toxicology, history, detection and
treatment of the same substances are answered: a name alone never refuses. What somebody should take
themselves is answered from the literature, under the advice to ask a doctor.

Two judge a question, the patterns first. The learned opinion (``opinion``) is asked by the
assistant wherever the bundled encoder can be loaded; without it the patterns decide alone.

| the patterns | the opinion | the question |
|---|---|---|
| name harm to a person or to oneself | any | refused |
| refuse for a written structure or a follow-up | any | refused |
| refuse a named hazard | plainly ordinary, and words of medicine or science | answered |
| refuse a named hazard | anything else | refused |
| refuse nothing, it is an emergency (``advised``) | any | answered |
| refuse nothing, a hazard is spoken of | suspected (``named``) | refused |
| refuse nothing, no hazard is named | suspected (``unnamed``, higher) | refused |
| refuse nothing | anything else | answered |

Words are no proof of a purpose. Who rewords long enough gets past patterns; they stop the plain
request, and cost the researcher as few refusals as they can.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from retort.agent import harm, patients
from retort.agent.fold import folded
from retort.agent.hazards import ACTION, HARMLESS, HAZARDS, MENTIONED, NAMED, REQUESTS, SCIENCE
from retort.agent.plain import plainest, readings

if TYPE_CHECKING:
    from retort.agent.opinion.judge import Opinion

EARLIER = 5
"""questions of a conversation that a follow-up may lean on"""

_STRENGTHENING = frozenset({"analyse_series", "find_structure_activity"})
"""tools that rank the changes of a structure by what they do to its potency"""

_REACH = 400
"""characters within which a request and what it asks for stand"""

_MARK = re.compile("|".join(HAZARDS))
_PRONOUN = re.compile(
    r"\b(?:it|that|this|them|these|those|some|one|m\d{1,3}|(?:the|this|that|these|such)(?: an?)?"
    r" (?:agents?|compounds?|substances?|toxins?|drugs?|molecules?|gas|stuff|explosives?))\b"
    r"|\b(?:es|das|davon|la|le|lo|en|cela|eso)\b"
)
_LEANS = re.compile(rf"{_PRONOUN.pattern}|\b(?:its|their)\b")
_FUNCTION_WORDS = (
    r"(?:and|so|now|then|ok|okay|but|also|please|what|about|how|where|can|could|would|do|does|did|i"
    r"|we|you|one|me|give|tell|show|the|a|an|is|are|was|be|of|for|to|in|at|home|from|on|my|own|its"
    r"|there|any|full|detailed|exact|need|needed|by|step|with|get)"
)
_ONLY_A_NAME = re.compile(
    rf"\W*(?:{_FUNCTION_WORDS}\W+)*zz\w+(?:\W+(?:then|instead|too|please))*\W*"
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

    def observation(self) -> str:
        """The refusal of a tool call as the model reads it."""
        return (
            f"This call was not run. {self.reason} Do not try it in other words; answer what the "
            f"user asked without it. (Rule: {self.rule}.)"
        )


_POISONING = Refusal(
    "harm-to-people",
    "It asks how to harm a person.",
    "Toxicology, detection in samples and treatment can be asked: "
    '"Which poisons are missed by routine toxicology screens?"',
)
_SELF_HARM = Refusal(
    "self-harm",
    "It sounds as if you may be thinking of ending your life, and I give no means for that.",
    "Please talk to somebody now: the emergency number of your country, or a crisis line "
    "(findahelpline.com lists them). Research on risk and prevention can be asked.",
)
_ADVICE = {
    "emergency": "**If this is happening now, call the emergency services or a poison centre "
    "first (for an animal, a veterinarian).** What follows is from research and is no instruction "
    "for a patient.",
    "dose": "**What a person should take is for a doctor or a pharmacist, who know the person.** "
    "What follows is from research and is no advice for a patient.",
    "child": "**What a child should take goes by weight, age and illness, and is for a doctor or a "
    "pharmacist.** What follows is from research and is no advice for a child.",
    "pregnancy": "**What to take or to stop in pregnancy or while breast-feeding is for a doctor, "
    "a midwife or a pharmacist: stop nothing prescribed without them.** What follows is from "
    "research and is no advice for a patient.",
    "animal": "**What an animal should get is for a veterinarian: some medicines of people poison "
    "animals.** What follows is from research and is no advice for an animal.",
}


def review(
    question: str, earlier: Sequence[str] = (), opinion: Opinion | None = None
) -> Refusal | None:
    """Say whether a question is refused.

    Args:
        question: the user's text.
        earlier: the questions before it in the conversation, oldest first; the last ``EARLIER``
            are read, for what "it" is.
        opinion: the learned second opinion; None for the patterns alone.

    Returns:
        The refusal with the rule that fired, or None for a question that may be answered.
    """
    before = tuple(earlier)[-EARLIER:]
    found = _by_patterns(question, before)
    if opinion is None or found in (_POISONING, _SELF_HARM):
        return found
    text = in_full(question, before)
    if found is None:
        is_spared = advised(question, before, opinion) == "emergency"
        return _suspicion(text) if opinion.suspects(text) and not is_spared else None
    is_plain_text = not before and _structures_named(question) == question
    if is_plain_text and SCIENCE.search(text) and opinion.clears(text):
        return None
    return found


def in_full(question: str, earlier: Sequence[str] = ()) -> str:
    """The question in plain English words, with the hazard that it calls "it"; for the opinion."""
    text = plainest(_structures_named(question), MENTIONED)
    subject = _subject(tuple(earlier)[-EARLIER:]) if not MENTIONED.search(text) else ""
    if not subject or not (_PRONOUN.search(text) or ACTION.search(text)):
        return text
    name = HAZARDS[subject].called
    if _PRONOUN.search(text):
        return _PRONOUN.sub(name, text, count=1)
    return f"{text.rstrip(' ?!.')} of {name}"


def _by_patterns(question: str, before: Sequence[str]) -> Refusal | None:
    asks_to_act = any(map(ACTION.search, readings(question)))
    for text in readings(_structures_named(question) if asks_to_act else question):
        if harm.SELF_HARM.search(text):
            return _SELF_HARM
        marked = _marked(text)
        if any(pattern.search(marked) for pattern in harm.POISONING):
            return _POISONING
        if found := _requested(marked) or _followed_up(marked, before):
            return found
    return None


def _suspicion(text: str) -> Refusal:
    """The refusal of what the opinion suspects."""
    marks = _marks(_marked(text))
    hazard = HAZARDS[marks[-1]] if marks else None
    what = hazard.what if hazard else "something that is meant to harm or is against the law"
    example = (
        hazard.example if hazard else "Which poisons are missed by routine toxicology screens?"
    )
    return Refusal(
        hazard.rule if hazard else "suspected",
        f"It reads like a request for making, obtaining, strengthening or spreading {what}. A "
        "learned classifier says so, which can be wrong: say what you want to know about it.",
        f'Mechanism, toxicity, pharmacology, detection and treatment can be asked: "{example}"',
    )


def review_call(name: str, args: Mapping[str, Any]) -> Refusal | None:
    """Say whether a call that a model made is not run, whatever the user asked.

    Measured, calculated and predicted values of any substance may be looked up. What is not run is
    a text that asks for making, obtaining or strengthening one (``review``), and a tool that says
    which changes of a structure strengthen it, where the structure is a chemical weapon's.

    Args:
        name: the tool.
        args: its arguments as the model wrote them; texts in them are read at any depth.

    Returns:
        The refusal, whose ``observation`` tells the model, or None for a call that may be run.
    """
    for text in _texts(args):
        if found := review(text):
            return found
        if name in _STRENGTHENING and "zzweapon" in _marks(
            _marked(folded(_structures_named(text)))
        ):
            return _requested("design of stronger zzweapon")
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _texts(each))


def advice(kind: str) -> str:
    """What stands above the answer to a question of this kind (``advised``), or ``""``."""
    return _ADVICE.get(kind, "")


def advised(question: str, earlier: Sequence[str] = (), opinion: Opinion | None = None) -> str:
    """Which advice a question meets: a kind of ``opinion.patient.KINDS``, ``""`` for none.

    What the patterns or the learned head take for an emergency is one; else the head decides, and
    the patterns where there is none.

    Args:
        question: the user's text.
        earlier: the questions before it, as in ``review``: both then read the same text.
        opinion: the learned second opinion; None for the patterns alone.
    """
    found = patients.asks_for_a_patient(folded(question))
    if opinion is None or found == "emergency":
        return found
    return opinion.asks_for_a_patient(in_full(question, earlier))


def _structures_named(text: str) -> str:
    from retort.tools.controlled import named_structures

    return named_structures(text)


def _marked(text: str) -> str:
    """Folded text with the harmless phrases taken out and the hazards' names as marks."""
    return NAMED.sub(lambda match: str(match.lastgroup), HARMLESS.sub(" ... ", text))


def _requested(marked: str) -> Refusal | None:
    for piece, pattern in product(_pieces(marked), REQUESTS):
        if found := pattern.search(piece):
            hazard = HAZARDS[found["mark"]]
            return Refusal(
                hazard.rule,
                "I read it as a request for making, obtaining, strengthening, spreading or hiding "
                f"{hazard.what}.",
                "Mechanism, toxicity, pharmacology, detection and treatment can be asked: "
                f'"{hazard.example}"',
            )
    return None


def _pieces(marked: str) -> list[str]:
    """The stretches of a text with a mark in them, halves overlapping: a long text stays quick."""
    starts = range(0, max(len(marked) - _REACH // 2, 1), _REACH // 2)
    pieces = (marked[start : start + _REACH] for start in starts)
    return [piece for piece in pieces if _MARK.search(piece)]


def _followed_up(marked: str, before: Sequence[str]) -> Refusal | None:
    """The refusal of a question that calls its hazard "it", leaves it out, or says nothing else."""
    if before and _ONLY_A_NAME.fullmatch(marked):
        last = review(before[-1], before[:-1])
        return last and _requested(f"make {_marks(marked)[-1]}")
    if not before or _marks(marked) or not ACTION.search(marked):
        return None
    if _PRONOUN.search(marked):
        return _requested(_PRONOUN.sub(_subject(before), marked))
    left = re.sub(rf"\b{_FUNCTION_WORDS}\b|\W", "", ACTION.sub("", marked))
    return None if left else _requested(f"{marked.rstrip(' ?!.')} {_subject(before)}")


def _subject(before: Sequence[str]) -> str:
    """The mark of what the conversation is about, "" where that is no hazard."""
    for question in reversed(before):
        plain = folded(_structures_named(question))
        if found := [str(match.lastgroup) for match in MENTIONED.finditer(plain)]:
            return found[-1]
        if not _LEANS.search(plain):
            break
    return ""


def _marks(marked: str) -> list[str]:
    return _MARK.findall(marked)
