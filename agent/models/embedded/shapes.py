"""Names known by their shape: stems of drug names, research codes, registry numbers, variants.

Owns patterns, and the plain words that merely look like them. Knows no list of drugs or genes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STEMS = (
    # enzyme and receptor inhibitors, antibodies, proteins
    "tinib|[a-z]nib|ciclib|parib|rafenib|metinib|zomib|lisib|degib|denib|limus|[a-z]{2}mab|cept"
    "|kinra|glutide|reotide|relin|grastim|poetin|teplase|siran|gepant|orexant|pitant|vaptan"
    "|ciguat|fiban|tecan|rubicin|platin|taxel|trexed|trexate|cabtagene|inostat|rasib|lutamide"
    # heart, blood, metabolism
    "|vastatin|sartan|[aeio]pril|olol|dipine|gliptin|gliflozin|glitazone|glinide|xaban|gatran"
    "|grel|grelor|parin|fibrate|zosin|semide|tanide|thiazide|arone|dronate|dronic|ciclovir"
    # infection
    "|cillin|oxacin|mycin|cycline|navir|buvir|asvir|previr|tegravir|vudine|citabine"
    "|conazole|nidazole|bendazole|prazole|oxazole|quine|bactam|penem|fungin"
    # brain, pain, allergy
    "|triptan|setron|oxetine|triptyline|pramine|peridone|piprazole|zepam|zolam|barbital|racetam"
    "|gabalin|caine|coxib|profen|fenac|oxicam|tidine|tadine|fenadine|[lm]astine|lukast|terol"
    "|tropium|curium|curonium|sone|solone|denafil|[dln]afil|orphine|orphan|toin|clopramide"
)
_STEM = re.compile(rf"\b(?:(?=[a-z]{{6,}}\b)[a-z]{{2,}}(?:{_STEMS})|cef[a-z]{{4,}})\b", re.I)
"""Stems of the WHO's international nonproprietary names (https://www.who.int/teams/health-product-
and-policy-standards/inn/stembook), as endings of a word; cef- as its beginning."""
_NOT_DRUGS = frozenset(
    """
    accept concept except precept intercept percept unaccept orphan morphine histidine cytidine
    azole diazole thiadiazole oxadiazole triazole thiazole oxazole isoxazole benzoxazole
    imidazole pyrazole tetrazole isothiazole carbazole benzothiazole benzimidazole comparison
    magazine thermostat unique antique equine harlequine liaison platinum blastine garrison
    person parson season reason treason poison prison unison jettison caparison frontenac
    cognac almanac suspension bethune april pristine clandestine valentine routine cuisine
    """.split()
)

_LABS = (
    "ABBV|ABT|ACP|AEE|AG|AMG|APD|ARN|ARRY|ARV|AT|AZ|AZD|BAY|BGB|BI|BIBW|BIIB|BLU|BMN|BMS|BX|BYL"
    "|CC|CCT|CEP|CFI|CGP|CHIR|CI|CP|CPI|DS|EPZ|FG|FK|GDC|GNE|GNF|GS|GSK|GW|HM|INCB|INK|JNJ|JSH|KO"
    "|KU|LDC|LDK|LDN|LEE|LGK|LGX|LMK|LOXO|LX|LY|MDV|MI|MK|ML|MLN|MRTX|NMS|NSC|NVP|ODM|ONO|OSI|OTX"
    "|PD|PF|PHA|PLX|PRT|PX|RAD|RG|RMC|RO|RX|SAR|SB|SCH|SGX|SHP|SKF|SNDX|SNS|SP|SR|STI|SU|SX|TAE"
    "|TAK|TG|THZ|TNO|UCB|UK|UNC|VX|WAY|WZ|XAV|XL|YM|ZD|ZM"
)
_CODE = re.compile(
    rf"(?<![\w-])(?:(?:{_LABS})[- ]?(?:[A-Z]{{1,3}})?\d{{3,8}}[A-Z]?"
    r"|[AEHKLRSTUW]-\d{4,7}[A-Z]?|[A-Z]{2,4}-\d{5,8}[A-Z]?)(?![\w])"
)
_TYPED_CODE = re.compile(rf"(?<![\w-])(?=[a-z]{{3}})(?:{_LABS.lower()})-?\d{{3,8}}(?![\w])")
"""a code as it is typed without capitals: "azd9291" """
_YEAR = re.compile(r"(?:UK|CI|SP|AT|RX) (?:19|20)\d\d$")
_CAS = re.compile(r"(?<![\w-])(?!(?:19|20)\d\d-(?:0\d|1[0-2])-)(\d{2,7})-(\d{2})-(\d)(?![\w-])")
_INCHI = re.compile(r"InChI=1S?/[^\s\"'<>]+[^\s\"'<>.,;?!]")

_RESIDUE = "Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val|Ter|Sec"
_VARIANTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w.])p\.\(?(?:(?:{_RESIDUE})\d{{1,4}}(?:{_RESIDUE}|fs\*?\d*|del|dup|\*|=)?"
        r"|[ACDEFGHIKLMNPQRSTVWY]\d{1,4}(?:[ACDEFGHIKLMNPQRSTVWY*]|fs|del|dup)?)\)?(?!\w)",
        rf"(?<![\w.])(?:{_RESIDUE})\d{{1,4}}(?:{_RESIDUE})(?!\w)",
        r"(?<![\w.])c\.[-*]?\d+(?:[+-]\d+)?(?:_\d+)?(?:[ACGT]>[ACGT]|del[ACGT]*|dup[ACGT]*"
        r"|ins[ACGT]+)(?!\w)",
        r"(?<![\w-])-?\d{2,6}[ACGT]\s?>\s?[ACGT]\b",
        r"(?<![\w-])(?:Δ|delta-?)?[ACDEFGHIKLMNPQRSTVWY]\d{1,4}"
        r"(?:_[ACDEFGHIKLMNPQRSTVWY]\d{1,4})?(?:del|dup|fs|ins[A-Z]*)(?!\w)",
        r"(?<!\w)ΔF508(?!\w)",
        r"(?i:\bexon[- ]?\d{1,2} (?:deletions?|insertions?|del|ins|skipping|mutations?|dels?)\b)",
        r"\brs\d{3,12}\b",
    )
)


def has_stem(word: str) -> bool:
    """Whether a word ends on a drug's stem and is none of the plain words that do."""
    return bool(_STEM.fullmatch(word)) and word.lower() not in _NOT_DRUGS


def stems_in(text: str) -> Iterator[tuple[int, int]]:
    """Places of words with a drug's stem."""
    for match in _STEM.finditer(text):
        if match.group().lower() not in _NOT_DRUGS:
            yield match.span()


def codes_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Research codes ("AZD9291", "ABT-199", "SB 203580") and CAS numbers whose check digit fits."""
    for pattern in (_CODE, _TYPED_CODE):
        for match in pattern.finditer(text):
            if not _YEAR.search(match.group()):
                yield match.group(), match.start(), match.end()
    for match in _CAS.finditer(text):
        digits = match.group(1) + match.group(2)
        total = sum(i * int(digit) for i, digit in enumerate(reversed(digits), start=1))
        if total % 10 == int(match.group(3)):
            yield match.group(), match.start(), match.end()


def inchis_in(text: str) -> Iterator[tuple[str, int, int]]:
    """InChI strings."""
    for match in _INCHI.finditer(text):
        yield match.group(), match.start(), match.end()


def variants_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Variants in the notations of HGVS, dbSNP and the clinic ("exon 19 deletion")."""
    for pattern in _VARIANTS:
        for match in pattern.finditer(text):
            yield match.group(), match.start(), match.end()
