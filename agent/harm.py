"""Harm to people: the words that ask how to hurt somebody, or oneself.

Owns the vocabulary of ``safety`` that needs no substance. Every pattern reads folded text
(``plain.folded``).
"""

from __future__ import annotations

import re

KIN = (
    r"(?:wife|husband|partner|girlfriend|boyfriend|son|daughter|child|kids?|baby|toddler|infant"
    r"|mother|father|mum|mom|dad|parents?|brother|sister|grand\w+|friend|uncle|aunt|cousin)"
)
_OTHERS = (
    r"(?:(?:some|any)(?:one|body)|people|a person|him|her|them|(?:my|a|an|the|his|her|our|another)"
    rf" (?:\w+ )?(?:{KIN}|ex|boss|neighbou?r|colleague|co-?worker|roommate|rival|enemy|teacher"
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
        rf"\b(?:put|slip|give|mix)\b[^.?!]{{0,60}}\bso (?:that )?(?:{_OTHERS}|she|he|they|a girl)"
        r" (?:never wakes?|forgets?|remembers? nothing|cannot resist|(?:falls?"
        r"|passes?) (?:asleep|out)"
        r"|dies?|gets? (?:very )?(?:sick|ill))\b",
        r"\b(?:poison|contaminate|taint|gas)\b[^.?!]{0,30}\b(?:water supply|reservoir|well|canteen"
        r"|whole town|school|food supply)\b",
        rf"(?<!drugs )(?<!medicines )(?<!that )\bmake {_OTHERS} (?:overdose|ill|sick"
        rf"|pass out|die|unconscious)\b",
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
    r"|\b(?:end it all|can(?:no|'|)t go on|(?:don't|do not) want to (?:live|be alive)"
    r"|no reason to live"
    r"|end my life)\b[^?]{0,80}\b(?:pills?|tablets?|doses?|drugs?|medicines?|how (?:many|much))\b"
    r"|\bpainless\w* (?:\w+ )?(?:death|suicide|way to die)\b"
    r"|\bmich (?:selbst )?(?:umbringen|toten)\b|\bme (?:suicider|tuer)\b|\b(?:suicidarme|matarme)\b"
)
