"""Requests in other languages and other spellings: the words that matter, in plain English.

A gloss of what names a hazard and what asks to make or get it, in French, German, Italian,
Portuguese, Russian, Spanish and Chinese (many forms are already among the patterns of ``hazards``),
and the nearest hazard for a word that is spelt nearly like one. Translates no sentence: the rest of
a text stays as it is. Reads and gives folded text (``plain.folded``). Where an inflected or a rarer
word is not in the gloss, nothing is read.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from retort.agent.fold import folded

_GLOSS: dict[str, str] = {
    # names
    "sarin": "зарин*, 沙林",
    "soman": "зоман*, 梭曼",
    "tabun": "塔崩, табун",
    "novichok": "诺维乔克",
    "nerve agent": "нервно-паралитическ*, 神经毒剂, 神经性毒剂, agents? innervants?, gas nervin[oi]"
    ", agente nervino, gas neurotoxico, agente neurotoxico",
    "mustard gas": "иприт*, 芥子气, gas mostarda, iprite",
    "chemical weapon": "химическ* оружи*, 化学武器, armas? quimicas?, armi chimiche",
    "ricin": "рицин*, 蓖麻毒素, 蓖麻毒蛋白",
    "botulinum toxin": "ботулотоксин*, ботулинического токсина",
    "explosive": "взрывчатк*, взрывчат* веществ*, 炸药, esplosiv[oi], explosivos?",
    "bomb": "бомб*, 炸弹, bomba",
    "methamphetamine": "метамфетамин*, 甲基苯丙胺, 冰毒, metanfetamina"
    ", metamfetamine?, methamfetamine"
    ", cocinar cristal, crystal meth",
    "amphetamine": "амфетамин*, 安非他命, amfetamin[ae]?, anfetamina",
    "heroin": "героин*, 海洛因, eroina",
    "cocaine": "кокаин*, 可卡因, cocaina",
    "fentanyl": "фентанил*, 芬太尼",
    "mdma": "мдма, экстази, 摇头丸",
    "lsd": "лсд",
    "mephedrone": "мефедрон*",
    "opium": "鸦片, опиум*",
    # asking for them
    "make": "сдела*, дела*, изготов*, приготов*, свари*, синтезир*"
    ", производ*, 制造, 制作, 制备, 合成"
    ", 生产, 提炼, 配制, fazer, faco, fabricar, produzir, sintetizar, elaborar, cozinhar, cocinar"
    ", preparare, produrre, fabbricare, costruire, sintetizzare, cucinare, darstellt, darstelle",
    "synthesis": "синтез*",
    "buy": "купить, заказать, достать, 购买, 买到, 哪里买, comprar, compro, si compra, comprare"
    ", acquistare, se procurer",
    "recipe": "рецепт*, 配方, receita, ricetta, vorschrift",
    "ingredients": "zutaten, ingredientes, ingredienti, ингредиент*, 原料",
    "at home": "дома, 在家里, 在家, 家里, em casa, in casa, zu hause, chez (?:soi|moi), en casa",
    "how do i": "как, 怎么, 如何, 怎样",
    "where": "где, 哪里",
    # speaking of them
    "poisoning": "отравлени*, 中毒",
    "treatment": "лечат, лечени*, 治疗",
    "mechanism": "механизм*, 机制",
}

_NEAR = tuple(
    "sarin soman tabun novichok lewisite ricin abrin saxitoxin botulinum anthrax nitroglycerin"
    " trinitrotoluene explosive pipebomb methamphetamine metamfetamine amphetamine heroin fentanyl"
    " carfentanil cocaine mephedrone mescaline psilocybin recipe synthesize synthesise synthesis"
    " manufacture ingredients precursors".split()
)
_TWO_OFF = frozenset(
    "novichok nitroglycerin trinitrotoluene methamphetamine metamfetamine amphetamine fentanyl"
    " carfentanil psilocybin synthesize synthesise".split()
)
"""long enough, and with no ordinary word two letters away"""
_SWAPPED = {
    ("".join(sorted(word)), word[0], word[-1]): word
    for word in "make making build building produce producing prepare preparing cooking".split()
}
_KNOWN = frozenset("heroine heroines serine synthesized synthesised abiding exclusive".split())
_WORD = re.compile(r"[a-z]{5,}")


def english(text: str) -> str:
    """Folded text with the foreign and the misspelt words of requests in English."""
    glossed = text
    for pattern, word in _glosses():
        glossed = pattern.sub(f" {word} ", glossed)
    return " ".join(_WORD.sub(lambda match: _nearest(match[0]), glossed).split())


@cache
def _glosses() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns over folded text, the longer words first: "метамфетамин" holds "амфетамин"."""
    words = [(form.strip(), word) for word, forms in _GLOSS.items() for form in forms.split(",")]
    words.sort(key=lambda pair: -len(pair[0]))
    return tuple((re.compile(_form(form)), word) for form, word in words)


def _form(form: str) -> str:
    """A form as a pattern: ``*`` is any ending; Chinese has no spaces between words."""
    pattern = folded(form).replace("*", r"\w*")
    return pattern if re.search("[\u4e00-\u9fff]", form) else rf"\b{pattern}\b"


@lru_cache(maxsize=4096)
def _nearest(word: str) -> str:
    from rapidfuzz.distance import OSA

    if word in _NEAR or word in _KNOWN:
        return word
    if swapped := _SWAPPED.get(("".join(sorted(word)), word[0], word[-1])):
        return swapped
    for name in _NEAR:
        allowed = 2 if name in _TWO_OFF else 1
        if word[0] == name[0] and OSA.distance(word, name, score_cutoff=allowed) <= allowed:
            return "pipe bomb" if name == "pipebomb" else name
    return word
