"""Hazards: the substances whose making is refused, and the words that ask for it.

Owns the vocabulary of ``safety``. A name is put aside where the words after it turn it into
something ordinary ("ricin vaccine", "sarin poisoning"); what is left is marked, and the requests
are patterns over the marks. Every pattern reads folded text (``plain.folded``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hazard:
    """A class of substances that only harm or a crime would ask to make."""

    rule: str
    names: str
    """alternatives of a regular expression"""
    what: str
    """how the reason calls it"""
    example: str
    """a question on it that is answered"""
    called: str
    """a name that stands for the class where a learned opinion reads"""


HAZARDS: dict[str, Hazard] = {
    "zzweapon": Hazard(
        "chemical-weapons",
        r"(?:cyclo)?sarin|soman|tabun|no[vw]i(?:t?s?ch|c)ok\w*|a-?23[0-9]|a-?242|vx(?!-?[0-9])|vr-gas"
        r"|(?:nerve|blister|vesicant|choking|war|poison) (?:agents?|gas(?:es)?)"
        r"|(?:nerven|gift|senf)gas|nervengift|nervenkampfstoff\w*|kampfstoff\w*"
        r"|(?:sulph?ur )?mustard gas|sulph?ur mustards?|yperite?"
        r"|gaz (?:moutarde|innervants?|neurotoxiques?)|gas (?:mostaza|nervioso)"
        r"|agentes? nerviosos?|lewisites?|quinuclidinyl benzilate|napalm"
        r"|(?:chemical|biological) weapons?|bioweapons?|chemische waffen?|armes? chimiques?"
        r"|armas? quimicas?",
        "a chemical weapon (Chemical Weapons Convention, Schedule 1, and its like)",
        "How is poisoning by a nerve agent treated?",
        "a nerve agent",
    ),
    "zztoxin": Hazard(
        "toxin-weapons",
        r"ricin[ae]?|rizin|abrin|saxitoxin|anthrax|botulin(?:um)?(?: neuro)?(?: ?toxin)?"
        r"|toxina botulinica|toxine botulique|staphylococcal enterotoxin b",
        "a toxin or agent that is a weapon once made",
        "How is ricin poisoning treated?",
        "ricin toxin",
    ),
    "zzexplosive": Hazard(
        "explosives",
        r"tatp|hmtd|petn|rdx|tnt|anfo|trinitrotoluene|triacetone triperoxide|nitroglycerine?"
        r"|c-?4 (?:explosive|charge)|semtex|dynamite|gunpowder|thermite|detonators?|blasting caps?"
        r"|(?:(?:pipe|fertili[sz]er|nail|car|dirty|petrol|home-?made|letter|time) )?bombs?"
        r"|bomben?|bombas?(?: caseras?)?|sprengstoffe?|explosi[fv]os?|explosifs?"
        r"|ieds?|molotov cocktails?|grenades?"
        r"|(?:plastic |high )?explosives|(?:plastic|high) explosive"
        r"|explosive (?:devices?|charges?|mixtures?|belts?|vests?)",
        "an explosive",
        "What is known about the toxicity of TNT in workers?",
        "an explosive",
    ),
    "zzdrug": Hazard(
        "illicit-drugs",
        r"(?:crystal )?meth|(?:meth)?amphetamine?s?|(?:met)?anfetamina|crack cocaine|heroin[ae]?"
        r"|di(?:acetyl)?morphine|morphine?|desomorphine|krokodil|opium|\w*fentan[yi]l[eo]?s?"
        r"|\w*nitazenes?"
        r"|mdma|ecstasy|lsd|lysergide|[ck]o[ck]ain[ea]?|cocaina|ghb|pcp|phencyclidine|ketamine?"
        r"|mephedrone|cathinones?|dimethyltryptamine|psilocybin|mescaline|methaqualone"
        r"|synthetic cannabinoids?|(?:designer|street|illegal|illicit|party|date[- ]rape) drugs?"
        r"|legal highs?",
        "a controlled drug of abuse",
        "What is the affinity of fentanyl for the mu opioid receptor?",
        "an illegal drug",
    ),
}

_ORDINARY_AFTER = (
    r"(?!-(?:\w+ed|dependent|specific|like|related|free|binding|sensitive)\b"
    r"|\W+(?:poison\w*|intoxication|exposure|toxicity|induced|inhibited|antidotes?|antitoxins?"
    r"|antibod\w+|antiserum|vaccin\w+|a chain|b chain|test strips?|tests?|assays?|immunoassays?"
    r"|receptors?|binding|victims?|survivors?|users?|addict\w*|dependence|use disorder|withdrawal"
    r"|overdoses?|metabol\w+|detect(?:ion|ors?)|analysis|patch(?:es)?|lozenges?|calorimet\w+"
    r"|detoxification|decontamination|degradation|treatment|therapy|injections?|trials?|simulants?"
    r"|infusions?|ointments?|creams?|formulations?|syringes?|gels?|elisas?|kits?|pca|reference"
    r"|standards?|infection|disposal|destruction)\b)"
)
_NAMES = "|".join(f"(?P<{mark}>{hazard.names})" for mark, hazard in HAZARDS.items())
MENTIONED = re.compile(rf"(?<!anti-)\b(?>(?:{_NAMES})\b)")
"""a hazard by name; the name of the group is its mark"""
NAMED = re.compile(rf"{MENTIONED.pattern}{_ORDINARY_AFTER}")
"""a hazard that is itself spoken of, not its vaccine or its victims"""

_ORGANISM = (
    r"(?:plants?|poppy|poppies|castor|ricinus|bacteri\w+|clostridi\w+|fung\w+|algae?|mushrooms?"
    r"|dinoflagellates?|cyanobacteri\w+|organisms?|species|strains?|genes?|enzymes?|cells?|toads?"
    r"|shrubs?|communis|botulinum|cyp\w*|liver|body)"
)
_MATRIX = (
    r"(?:hair|blood|plasma|serum|urine|wastewater|sewage|saliva|oral fluid|tissues?|milk|meconium"
    r"|samples?|fingerprints?|sweat|brain)"
)
_ELSEWHERE = (
    r"(?:antidot\w*|antibod\w*|antitoxin\w*|antiser\w*|vaccin\w*|immunotoxin\w*|against"
    r"|reactivat\w*"
    r"|inhibit\w*|scaveng\w*|hydroly\w*|detect(?!able)\w*|analy[sz]\w*|determin\w*|quantif\w*"
    r"|sensor\w*|biosensor\w*|probes?|test\w*|\w*assays?|poison\w*|expos\w*|treat\w*|therap\w*"
    r"|toxicit\w*|effects?|affinit\w*|trials?|patients?|toleran\w*|resist\w*|dependence|surviv\w*"
    r"|outcomes?|protect\w*|countermeasures?|decontaminat\w*|degrad\w*|standards?|biomarkers?"
    r"|stock|pharmacophores?|qsar|classifiers?|librar(?:y|ies)|datasets?|table|list|overview|summary|review|plot|chart|figure|graph|report|comparison|models?"
    r"|papers?|literature|values?|data|ld50|ic50|ki|ec50|structures?|smiles|information"
    r"|metabolites?|by|after"
    r"|during|than)"
)
"""words between a verb and a name that say that something else is made: an antidote, a table"""

_GAP = r"[^\w.?!]+"
_WINDOW = rf"(?:(?!{_ELSEWHERE}\b)[\w'-]+{_GAP}){{0,5}}?"
_ANY = r"(?P<mark>zz(?:weapon|toxin|explosive|drug))"
_ARMS = r"(?P<mark>zz(?:weapon|toxin|explosive))"
_NOT_MEASURED = (
    rf"(?!(?:{_GAP}[\w'-]+){{0,2}}?{_GAP}(?:from|in|out of){_GAP}(?:\w+ ){{0,2}}{_MATRIX}\b)"
)

_MAKE = (
    r"(?:(?:re)?synthesi[sz](?:e|es|ing)|prepar(?:e|es|ing)|produc(?:e|es|ing)|mak(?:e|ing)"
    r"|mix(?:ing)?"
    r"|manufactur(?:e|es|ing)|build(?:ing)?|assembl(?:e|ing)|construct(?:ing)?|cook(?:s|ing)?|brew"
    r"|concoct|fabricate|extract(?:ing|ion)?|purify(?:ing)?|purification|isolat(?:e|ing|ion)"
    r"|refin(?:e|ing)"
    r"|crystalli[sz]e|convert|turn|grow(?:ing)?|cultivat(?:e|ing)|scal(?:e|ing)[ -]up"
    r"|upscal(?:e|ing)|culture|stockpil(?:e|ing)|detonat(?:e|ing))"
)
_NOUN = (
    r"(?:(?:retro)?synthes[ie]s|routes? (?:to|for|towards)|synthe\w+ routes?|recipe|recette"
    r"|receta|rezept"
    r"|yields? of|suppliers?|vendors?|(?:industrial|manufacturing|production) process(?:es)?"
    r"|instructions?|anleitung|blueprints?|precursors?(?! (?:protein|gene))"
    r"|starting materials?"
    r"|reagents?|ingredients?|production|preparation|manufacture|manufacturing|cultivation"
    r"|step[- ]by[- ]step|one[- ]pot|protocol)(?! (?:with|using)\b)"
)
_MADE = (
    r"(?:made(?! (?:illegal|available))|produced|synthesi[sz]ed|prepared|manufactured|extracted"
    r"|purified|bought|cooked|weaponi[sz]ed|aerosoli[sz]ed|dispersed|disseminated|stockpiled"
    rf"|scaled|upscaled|built|assembled|smuggled|acquired)(?! (?:naturally|in nature|in vivo"
    rf"|in (?:the |humans?|mammals|plants)|by (?:\w+ ){{0,4}}?{_ORGANISM})\b)"
    r"(?! (?:for|before|prior to) (?:\w+ )?(?:injection|infusion|analysis|use in patients))"
)
_BE = r"(?:is|are|was|were|be|been|being)"
_GET = (
    r"(?:buy(?:ing)?|hid(?:e|ing)|conceal(?:ing)?|purchas(?:e|ing)|acquir(?:e|ing)|procur(?:e|ing)|smuggl(?:e|ing)"
    r"|ship(?:ping)?|sell(?:ing)?"
    r"|import(?:ing)?|(?<!in )order(?:ing)?(?! (?:of|by|these|those|the following))"
    r"|get(?:ting)? (?:hold of|(?:my|our|your) hands on)"
    r"|(?:where|how) (?:can|do|could|would|might|to|should)(?: (?:i|we|you|one|someone|somebody))?"
    r" (?:get|obtain|source|find))"
)
_SPREAD = (
    r"(?:weaponi[sz]\w*|aerosoli[sz]\w*|spray\w*|dispers(?:e|ing|al)|disseminat\w*|spread(?:ing)?"
    r"|releas(?:e|ing)|stabili[sz](?:e|es|ing)|keep(?:ing)?|stor(?:e|ing)|strengthen"
    r"|generat(?:e|ing)|design(?:ing)?|optimi[sz](?:e|ing)|modif(?:y|ying|ications?)|invent"
    r"|creat(?:e|ing))"
)
_FOREIGN = (
    r"(?:herstell\w*|hergestellt|her(?=\W*$)|synthetis\w*|bau(?:e|en|t)?|baut man|mache ich|machen"
    r"|macht man|kauf\w*|besorg\w*|beschaff\w*|kochen|koche|gewinnt man|extrahier\w*|anleitung"
    r"|rezept"
    r"|fabriqu\w*|fabrication|synthese|prepare[rz]|faire|produire|produit-on|achet\w*|obtenir"
    r"|procurer"
    r"|extraire|recette|fabric\w*|sintetiz\w*|sintesis|preparar|producir|se produce|hacer|hago"
    r"|haces"
    r"|se hace|comprar|compro|conseguir|consigo|obtener|extraer|receta|cocinar)"
)
_WORSE = (
    r"(?:(?:more|greater|higher|increased?|increasing|rais(?:e|ing)|enhanc(?:e|ed|ing)"
    r"|maximi[sz](?:e|ing)"
    r"|boost(?:ing)?) (?:\w+ ){0,3}?(?:toxic\w*|lethal\w*|potent|potency|persisten\w*|volatil\w*"
    r"|deadl\w*"
    r"|powerful|stab(?:le|ility)|yield|addictive|euphori\w*)|stronger|deadlier|harder to detect)"
)
_CHANGE = (
    r"(?:design\w*|mak(?:e|ing)|modif(?:y|ied|ications?)|optimi[sz]\w*|creat(?:e|ing)|propos\w*"
    r"|generat\w*|similar to"
    r"|analog(?:ue)?s?|derivatives?|variants?)"
)
_EVADE = (
    r"(?:(?:evad|avoid|bypass|circumvent|get(?:ting)? (?:a?round|past|through)|past|through"
    r"|escap\w*"
    r"|not (?:be )?(?:on any|on the|covered|detected|caught|scheduled|found)|(?:n't|not"
    r"|cannot) detect"
    r"|undetect\w*|loopholes?)\w*)"
)
_CONTROL = (
    r"(?:customs|border|export|control\w*|detect\w*|inspect\w*|schedul\w*|licen[cs]\w*|certificate"
    r"|laws?|legal|regulat\w*|police|list|dogs?|undetect\w*|loopholes?)"
)

ACTION = re.compile(
    "|".join(rf"\b{words}\b" for words in (_MAKE, _NOUN, _MADE, _GET, _SPREAD, _CHANGE, _FOREIGN))
)
"""any word that may ask for more than knowledge; a text without one is no request"""

REQUESTS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_MAKE}{_GAP}{_WINDOW}{_ANY}{_NOT_MEASURED}",
        rf"\b{_NOUN}{_GAP}{_WINDOW}{_ANY}{_NOT_MEASURED}",
        rf"{_ANY}{_GAP}(?:[\w'-]+{_GAP}){{0,2}}?{_NOUN}\b",
        rf"{_ANY}{_GAP}{_WINDOW}{_BE} (?:\w+ ){{0,2}}?{_MADE}\b",
        rf"\b{_BE} (?:[\w'-]+ ){{0,3}}?{_ANY}{_GAP}{_WINDOW}{_MADE}\b",
        rf"\b{_GET}{_GAP}{_WINDOW}{_ANY}",
        rf"\b{_SPREAD}{_GAP}{_WINDOW}{_ARMS}",
        rf"{_ARMS}{_GAP}{_WINDOW}(?:weaponi[sz]\w*|(?:into|as|to) (?:an? )?(?:aerosol|spray"
        rf"|powder|weapon)"
        r"|stable|in storage)",
        rf"{_ANY}{_GAP}{_WINDOW}"
        rf"(?:eas\w+|simpl\w+|cheap\w*|quick\w*|hard\w*|difficult) to {_MAKE}\b",
        rf"\breact\w*{_GAP}(?:\w+ ){{0,3}}?(?:give|form|yield)s?{_GAP}{_WINDOW}{_ANY}",
        r"\bwhat(?:'s| is| goes) in(?:side|to)? (?:an? )?(?P<mark>zzexplosive)",
        rf"\b{_FOREIGN}\b(?:\W+[\w'-]+){{0,6}}?\W+{_ANY}",
        rf"{_ANY}(?:\W+[\w'-]+){{0,4}}?\W+{_FOREIGN}\b",
        rf"\b{_CHANGE}\b[^?!]*?{_ARMS}[^!]*?\b{_WORSE}",
        rf"\b{_CHANGE}\b[^?!]*?\b{_WORSE}[^?!]*?{_ARMS}",
        rf"\b{_WORSE}[^?!]*?\b{_ARMS}[^!]*?\b{_CHANGE}",
        rf"\b(?:design|mak|modif|optimi[sz])\w*\b[^?!]*?(?P<mark>zzdrug)[^?!]*?\b{_WORSE}",
        rf"\b(?:design|make|modify|ship|send|carry|bring|get|sell|move"
        rf"|precursors?)\b[^?!]*?{_ANY}[^?!]*?"
        rf"\b(?:{_EVADE}(?:\W+[\w'-]+){{0,5}}?\W*{_CONTROL}|legal to \w+|unscheduled|undetectable)",
        rf"{_ANY}[^?!]*?\bprecursors?\b[^?!]*?\b{_EVADE}(?:\W+[\w'-]+){{0,5}}?\W*{_CONTROL}",
    )
)
"""requests for making, obtaining, strengthening, spreading or hiding what is marked"""

SCIENCE = re.compile(
    r"\b(?:patients?|treat\w*|therap\w*|clinical|trials?|overdoses?|antidotes?|dos(?:e|es|ing)"
    r"|hospitals?|palliative|mechanisms?|receptors?|affinit\w*|metaboli\w*|inhibit\w*|bind\w*"
    r"|ic50|ki|half-life|bioavailability|pharmaco\w*|agonists?|antagonists?|cyp\w*|dopamine"
    r"|serotonin|neurons?|brain|striatum|receptor|hallucinations|detect\w*|urine|blood|plasma|hair"
    r"|forensic|toxicolog\w*|exposure|exposed|biomarkers?|convention|scheduled|licen[cs]e|law|un"
    r"|vaccines?|antibod\w+|assays?|oximes?|chembl|papers?|data|injection|xeomin|botox|companies"
    r"|proteins?|enzymes?)\b"
)
"""words of medicine and science, one of which a question has that the opinion may clear"""

HARMLESS = re.compile(
    # what a living thing makes by itself
    rf"\b{_ORGANISM}\W+(?:(?!to\b)\w+\W+){{0,2}}?{_MAKE}\b"
    rf"|\b{_MAKE}(?= (?:\w+ ){{0,4}}by {_ORGANISM}\b)"
    # how the world makes it: figures and laws
    r"|\b(?:trends?|history|prevalence|incidence|epidemiology|extent|statistics|regulation|legality"
    r"|economics|environmental impact)\b[^.?!]{0,60}?\b(?:production|manufactur\w*|cultivation"
    r"|synthesis)\b"
    r"|\bprecursors?\b(?=[^.?!]{0,40}\b(?:controlled|listed|scheduled|regulated) (?:under|by|in)\b)"
    # words that only sound alike
    r"|\bbiosynthe\w+|\bexplosive (?:growth|increase|rise|spread|expansion|development)"
    r"|\b(?:evidence|knowledge|qualitative|narrative|research) synthes[ie]s"
    r"|\bsynthes[ie]s of (?:the )?(?:evidence|literature|studies|trials|results)\b|\bbath bombs?"
    r"|\bbomb calorimet\w+|\breference (?:standards?|materials?)"
)
"""phrases that are put aside before a request is looked for"""
