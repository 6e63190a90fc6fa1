"""Patients' questions: the words of somebody who asks what to take or to give, or is in danger.

Owns the vocabulary of ``safety.advised``. Every pattern reads folded text (``fold.folded``). A
question about patients at large, or of a clinician about a patient, is none.
"""

from __future__ import annotations

import re

from retort.agent.harm import KIN

_PET = (
    r"(?:dogs?|cats?|pupp(?:y|ies)|pups?|kittens?|rabbits?|bunny|hamsters?|guinea pigs?"
    r"|horses?|pony"
    r"|ferrets?|parrots?|labradors?|poodles?|terriers?|retrievers?|hund|katze|perro|gato|chien|chat"
    r"|cane|gatto|cao)"
)
_OWN_PET = (
    rf"\b(?:my|our|mein\w*|mon|mi|il mio|meu) (?:[\w-]+ ){{0,3}}?{_PET}\b"
    rf"|\b\d+[ -]?(?:lbs?|kg|pounds?) {_PET}\b"
)
_OWN_KIN = (
    rf"(?:(?:my|our) (?:[\w-]+ ){{0,3}}?(?:{KIN}|toddler|year[- ]old|month[- ]old|newborn|teenager)"
    r"|mein\w* (?:kind|sohn|tochter|baby|frau|mann|mutter|vater)|mon (?:fils|bebe|mari)|ma (?:fille"
    r"|femme)|mi (?:hij[oa]|bebe|mujer|marido)|meu filho|minha filha|mio figlio|mia figlia)"
)
_SOMEBODY = (
    rf"(?:i|we|he|she|{_OWN_KIN}|(?:my|our) (?:[\w-]+ ){{0,2}}?{_PET}|kids?|grand(?:pa|ma|dad)|baby"
    r"|toddler|some(?:one|body)|(?:my|a|our) (?:friend|room-?mate|neighbou?r|colleague))"
)

_RESEARCH = re.compile(
    r"\b(?:mice|mouse|rats?|zebrafish|monkeys?|cells?|cultures?|assays?|in vitro|in vivo|log"
    r"|logarithm|model(?:s|ling)?|datasets?|descriptors?|experiments?|target|account|average|mean"
    r"|median|covariates?|controls?|ic50|values?|smiles|reaction|compounds?|my patients?"
    r"|our patients?"
    r"|registry|studies|trials?|search)\b"
)
"""whoever names these asks as a researcher or a clinician"""

_MAY = r"(?:should|can|could|may|must|do|does|shall|would)"
_TAKE = r"(?:take|taking|swallow|combine|give|get|need|have|be given|receive|inject|stop|start|use)"
_ASKS = (
    r"\b(?:should|shall|can|could|may|must|do i|am i|is it|would it|ok|okay|all right|alright|safe"
    r"|quit|stop|come off|stay on|double|switch|crush|how (?:much|many|often)|what dose"
    r"|dose|dosage|mg"
    r"|better|too much|supposed to|yes or no|again|allowed|darf|kann|soll|puis-je|peut-on"
    r"|puedo|debo"
    r"|posso|devo)\b"
)
_OWN_BODY = (
    r"\b(?:i (?:am|have|had|weigh|missed|forgot|feel|suffer|got|am taking|drank|drink)|i'm|im|i've"
    r"|ich (?:bin|habe|nehme)|je (?:suis|prends)|estoy|tomo|sono|estou|put me on|for me|like me"
    r"|my (?:doc|doctor|gp|migraines?|knees?|back|head|stomach|skin|pain|fever"
    r"|blood pressure|diabetes"
    r"|depression|asthma|allerg\w+|medications?|meds|pills?|tablets?|dose|evening|morning|own"
    r"|antihistamine|extended|prescription|sertraline|warfarin|metformin|insulin|statin))\b"
    r"|\btrying for a baby\b|\bdo i need to come off\b|\bi(?:'m)? (?:\w+ )?breast-?feeding\b"
)

_DOSE: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:should|can|could|may|must|shall|do) (?:i|we|he|she|{_OWN_KIN}) (?:\w+ ){{0,3}}?"
        r"(?:take|taking|swallow|combine|crush|stop taking)\b(?! (?:the log|a log|into|a look))",
        rf"\b(?:dose|dosage|much|many|mg)\b[^?.]{{0,60}}\b{_MAY} (?:i|we|he|she|{_OWN_KIN})"
        rf" (?:\w+ )?{_TAKE}\b",
        rf"\b{_MAY} (?:i|we) give (?:\w+ )?(?:my|our|him|her)\b",
        r"\bsafe for (?:me|us|my \w+) to (?:take|use|have|combine)\b",
        r"\b(?:darf|soll|kann|muss) ich\b[^.?!]{0,60}\b(?:ein)?(?:nehmen|absetzen|geben)\b",
        r"\b(?:puis-je|dois-je|est-ce que je (?:peux|dois))\b[^.?!]{0,20}\b(?:prendre|donner)\b",
        r"\b(?:puedo|debo|deberia)\b[^.?!]{0,20}\b(?:tomar|dar)\b",
        r"\bposso\b[^.?!]{0,20}\b(?:prendere|tomar|dare|dar)\b",
        rf"(?=.*(?:{_OWN_BODY})).*{_ASKS}",
        rf"(?=.*\b{_OWN_KIN}\b).*{_ASKS}",
        r"\bpregnant\b.*\bfor me\b",
    )
)
"""somebody asks what to take or to give: a question for a doctor, who sees the person"""

_ANIMAL = re.compile(rf"(?=.*(?:{_OWN_PET})).*(?:{_ASKS}|\b(?:give|needs?|geben|donner|dar)\b)")
"""somebody asks what to give a pet: a question for a veterinarian"""

_HAS = r"(?: (?:has|have|had|just|think i have|accidentally|also|all|only))*"
_MUCH = (
    r"(?:too (?:m\w+|many)|an overdose|poison\w*|an? (?:whole|entire|full|handful|bottle"
    r"|pack|packet"
    r"|box|strip)|\d{2,}|(?:\w+ )?times|double|all (?:of )?(?:my|his|her|the)|by mistake"
    r"|by accident"
    r"|the wrong|some(?:one|body) else's)"
)
_EMERGENCY = re.compile(
    rf"\b{_SOMEBODY}{_HAS} (?:swallowed|overdosed|been poisoned|drank (?:bleach|cleaner|antifreeze"
    r"|petrol|detergent))\b"
    rf"|\b{_SOMEBODY}{_HAS} (?:(?:\w+ ){{1,6}}and )?(?:taken|took|takes|ate|eaten|inhaled|injected"
    rf"|drank|drunk|chewed(?: up)?|got into|had)\b[^.?!]{{0,30}}?\b{_MUCH}\b"
    r"|^\W*(?:just )?(?:took|injected|swallowed|ate)\b[^.?!]{0,40}\b(?:too m\w+|times"
    r"|wrong|overdose)\b"
    rf"|\b(?:i|{_OWN_KIN}){_HAS} doubled\b"
    rf"|\b(?:{_SOMEBODY}|friend)\b[^.?!]{{0,40}}\b(?:overdosed|unconscious|not breathing"
    r"|stopped breathing|wo(?:n't|nt|uld not) wake up|cannot be woken|turning blue"
    r"|having a seizure)\b"
    r"|\b(?:he|she)(?:'s| is) (?:turning )?blue\b"
    r"|\b(?:hat|haben|habe)\b[^.?!]{0,60}\b(?:ver|ge)schluckt\b|\ba(?:i)? avale\b|\ba pris trop\b"
    r"|\b(?:se )?(?:trago|ha tragado|ha ingerido|bebio)\b|\bengoliu\b|\bha ingoiato\b"
)
"""somebody has taken, or a child or a pet has eaten, what may kill: no time for the literature"""


def asks_for_a_patient(text: str) -> str:
    """``"emergency"``, ``"animal"``, ``"dose"`` or ``""``: how folded text asks for a patient."""
    if _EMERGENCY.search(text) and not _RESEARCH.search(text):
        return "emergency"
    if _ANIMAL.search(text) and not _RESEARCH.search(text):
        return "animal"
    if any(pattern.search(text) for pattern in _DOSE) and not _RESEARCH.search(text):
        return "dose"
    return ""
