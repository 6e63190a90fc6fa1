"""Harm to people: the words that ask how to hurt somebody, and what somebody should take.

Owns the vocabulary of ``safety`` that needs no substance. Every pattern reads folded text
(``plain.folded``).
"""

from __future__ import annotations

import re

_KIN = (
    r"(?:wife|husband|partner|girlfriend|boyfriend|son|daughter|child|kids?|baby|toddler|infant"
    r"|mother|father|mum|mom|dad|parents?|brother|sister|grand\w+|friend|uncle|aunt|cousin)"
)
_OTHERS = (
    r"(?:(?:some|any)(?:one|body)|people|a person|him|her|them|(?:my|a|an|the|his|her|our|another)"
    rf" (?:\w+ )?(?:{_KIN}|ex|boss|neighbou?r|colleague|co-?worker|roommate|rival|enemy|teacher"
    r"|wom[ae]n|m[ae]n|girl|boy|person|human|victim|guest|crowd|teenager))"
)
_HARM = r"(?:poison|kill|murder|sedate|drug|incapacitate|knock out|hurt|harm|intoxicate)"
_WISH = (
    r"(?:how (?:can|do|could|would|might|should|to|does)(?: (?:i|we|you|one|someone|somebody"
    r"|my hero))?"
    r"|i (?:want|need|plan|would like|wish) to|i'd like to|i will|let me|help me|(?:ways?|best"
    r"|used?|use|needed"
    r"|need|enough|dose|substance|drug|poison|something|compound|what|that)\b[^.?!]{0,30}? (?:to"
    r"|will|would|could"
    r"|can))"
)

POISONING: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_WISH} (?:\w+ )?{_HARM} {_OTHERS}\b(?! cells?)",
        r"\b(?:slip|put|sneak|drop|pour|mix|add|spike|hide)\b[^.?!]{0,50}\b(?:his|her|their"
        r"|someone(?:'s| else's)"
        r"|somebody's|people's|my \w+'s|the \w+'s|a person's) (?:drinks?|food|coffee|tea|meal"
        r"|water|beer"
        r"|wine|glass|soup)",
        rf"\bmake {_OTHERS} (?:overdose|ill|sick|pass out|die|unconscious)\b",
        r"\bpoisons?\b[^.?!]{0,20}\bi (?:can|could) (?:buy|get|make|use)\b",
        r"\b(?:untraceable|undetectable|tasteless|odou?rless|perfect|traceless)\b[^.?!]{0,20}?"
        r"\b(?:poison|murder|killing|toxin)\b",
        r"\b(?:poisons?|toxins?|venoms?)\b[^.?!]{0,40}?\b(?:not|never|no|n't"
        r"|without)\b[^.?!]{0,25}?"
        r"\b(?:found|detect\w*|trace\w*|noticed?|show\w*|autopsy)\b",
        rf"\b(?:{_HARM}|sick|ill|unconscious)\b[^.?!]{{0,60}}?"
        r"\b(?:without (?:(?:being|getting) (?:caught|noticed|detected)"
        r"|(?:any(?:one|body)|the\w*|him|her|them) (?:\w+ )?(?:noticing|knowing|finding)"
        r"|(?:leaving )?(?:a )?trace)"
        r"|get(?:ting)? away with)",
        r"\b(?:vergifte\w*|umbringe\w*|tote|toten)\b[^.?!]{0,40}\b(?:jemand\w*|unbemerkt|spurlos"
        r"|meine\w*)\b",
        r"\b(?:jemand\w*|meine\w*)\b[^.?!]{0,40}\b(?:vergifte\w*|umbringe\w*|toten)\b",
        r"\b(?:empoisonne[rz]?|tuer)\b[^.?!]{0,20}\b(?:quelqu'un|mon|ma|mes|une personne)\b",
        r"\b(?:envenenar|matar)\b[^.?!]{0,10}\b(?:alguien|mi|una persona|mis)\b",
        r"\b(?:chlorine|phosgene|cyanide|hydrogen cyanide|gas|toxin|chemical"
        r"|zz\w+)\b[^.?!]{0,60}?\b(?:use (?:it )?"
        rf"(?:on|against) {_OTHERS}|attack (?:on|people)|to attack)",
        r"\b(?:release|spray|disperse|spread|pump)\b[^.?!]{0,40}\b(?:gas|cyanide|phosgene"
        r"|chlorine|toxin|poison)\b"
        r"[^.?!]{0,40}\b(?:subway|metro|train|station|crowd\w*|building|school|mall|stadium"
        r"|ventilation|city)\b",
    )
)
"""requests for harming a person, whatever with"""

SELF_HARM = re.compile(
    r"\b(?:kill|hang|poison|hurt|overdose) myself\b|\b(?:end|take|ending|taking) my (?:own )?life\b"
    r"|\bi (?:want|wish|would like) to (?:die|be dead)\b"
    r"|\b(?:how to|how do i|how can i|best way to|way to) commit suicide\b"
    r"|\bpainless\w* (?:\w+ )?(?:death|suicide|way to die)\b"
    r"|\bmich (?:selbst )?(?:umbringen|toten)\b|\bme (?:suicider|tuer)\b|\b(?:suicidarme|matarme)\b"
)

_ANIMALS = re.compile(
    r"\b(?:mice|mouse|rats?|rabbits?|animals?|zebrafish|monkeys?|cells?|cultures?|assays?|in vitro"
    r"|in vivo|log|logarithm|model(?:s|ling)?|dataset|descriptors?|experiments?|target|account"
    r"|average|mean|median)\b"
)
"""whoever names these asks as a researcher"""

_WHO = rf"(?:i|we|he|she|(?:my|our|his|her) (?:\w+[ -]){{0,3}}?{_KIN})"
_MAY = r"(?:should|can|could|may|must|do|does|shall|would)"
_TAKE = r"(?:take|taking|swallow|combine|give|get|need|have|be given|receive|inject|stop|start|use)"

DOSE: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:should|can|could|may|must|shall|do) {_WHO} (?:\w+ ){{0,3}}?(?:take|taking"
        rf"|swallow|combine|stop taking)\b"
        r"(?! (?:the log|a log|into account|a look))",
        rf"\b(?:dose|dosage|much|many|mg)\b[^?.]{{0,60}}\b{_MAY} {_WHO} (?:\w+ )?{_TAKE}\b",
        rf"\b{_MAY} (?:i|we) give (?:\w+ )?(?:my|our|him|her)\b",
        r"\bsafe for (?:me|us|my \w+) to (?:take|use|have|combine)\b",
        r"\b(?:darf|soll|kann|muss) ich\b[^.?!]{0,60}\b(?:ein)?(?:nehmen|absetzen)\b",
        r"\b(?:puis-je|dois-je|est-ce que je (?:peux|dois))\b[^.?!]{0,20}\bprendre\b",
        r"\b(?:puedo|debo|deberia)\b[^.?!]{0,20}\btomar\b",
    )
)
"""somebody asks what to take or to give: a question for a doctor, who sees the person"""

EMERGENCY = re.compile(
    rf"\b(?:i|we|he|she|(?:my|our) (?:\w+ )?{_KIN}|someone|somebody)(?: (?:has|have|had|just"
    rf"|think i have|accidentally))*"
    r" (?:swallowed|drank|overdosed|(?:taken|took|ate|eaten|inhaled) (?:too m\w+|an overdose"
    r"|poison\w*)|been poisoned)\b"
    r"|\b(?:someone|somebody|he|she|friend)\b[^.?!]{0,40}\b(?:overdosed|unconscious"
    r"|not breathing|stopped breathing)\b"
)


def asks_for_a_person(text: str) -> str:
    """``"emergency"``, ``"dose"`` or ``""``: whether folded text asks as a patient would."""
    if EMERGENCY.search(text):
        return "emergency"
    if any(pattern.search(text) for pattern in DOSE) and not _ANIMALS.search(text):
        return "dose"
    return ""
