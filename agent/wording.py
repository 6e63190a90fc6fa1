"""Requests in other languages and other spellings: the words that matter, in plain English.

A gloss of what names a hazard and what asks to make or get it, and of what somebody says of a
medicine of their own or of an emergency, in French, German, Italian, Portuguese, Russian, Spanish
and Chinese (many forms are already among the patterns of ``hazards``); and the nearest hazard for a
word that is spelt nearly like one. Translates no sentence: the rest of a text stays as it is. Reads
and gives folded text (``fold.folded``). Where an inflected or a rarer word is not in the gloss,
nothing is read.
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
    ", cuisiner"
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

_GLOSS |= {
    # somebody's own
    "my husband": "mein(?:em|en)? mann, mon mari, mi marido, mio marito, meu marido, мой муж"
    ", моему мужу, 我丈夫, 我老公",
    "my wife": "meiner? frau, ma femme, mi (?:mujer|esposa), mia moglie, minha (?:mulher|esposa)"
    ", моя жена, моей жене, 我妻子, 我老婆",
    "my mother": "meiner? (?:mutter|mama), ma mere, mi madre, mia (?:madre|mamma), minha mae"
    ", моя мама, моей маме, моя мать, 我妈妈?, 我母亲",
    "my father": "mein(?:em|en)? vater, mon pere, mi padre, mio padre, meu pai, мой (?:папа|отец)"
    ", моему отцу, 我爸爸?, 我父亲",
    "my grandmother": "meiner? (?:oma|grossmutter), ma grand-mere, mi abuela, mia nonna"
    ", minha avo, моя бабушка, моей бабушке, 我奶奶, 我外婆",
    "my grandfather": "mein(?:em|en)? (?:opa|grossvater), mon grand-pere, mi abuelo, mio nonno"
    ", meu avo, мой дедушка, 我爷爷",
    "my son": "mein(?:em|en)? (?:\\w+ )?sohn, mon fils, mi hijo, mio figlio, meu filho, мой сын"
    ", моему сыну, сын, сыну, 我儿子",
    "my daughter": "meiner? (?:\\w+ )?tochter, ma fille, mi hija, mia figlia, minha filha, моя дочь"
    ", моей дочери, дочь, дочери, 我女儿",
    "my child": "mein(?:em)? (?:\\w+ )?kind, (?:mon|notre) enfant, mi (?:nino|bebe), mio bambino"
    ", (?:meu|o) bebe, мой ребен[оь]к*, ребен[оь]к*, 我的?孩子, 宝宝",
    "my dog": "mein(?:em|en)? hund, mon chien, mi perro, (?:il )?mio cane, (?:o )?meu cao"
    ", meu cachorro, мо[йе]* собак*, собак[аеу], 我的?狗",
    "my cat": "meiner? katze, mon chat, mi gato, (?:il )?mio gatto, (?:o )?meu gato"
    ", (?:мо\\w+ )?кошк[аеу], (?:мо\\w+ )?кот[ау]?, 我的?猫",
    "years old": "jahre alt, jahriger?, (?<=\\d )ans, anos, (?<=\\d )anni, лет, года, 岁",
    "pregnant": "schwanger, enceinte, embarazada, gravida, incinta, беременна, 怀孕了?",
    "i am breastfeeding": "ich stille, j'allaite, (?:estoy )?dando el pecho, allatto, amamento"
    ", кормлю грудью, 哺乳期",
    "i am": "ich bin, je suis, estoy, sono, estou, 我是",
    "i have": "ich habe, j'ai, tengo, tenho, у меня",
    "i take": "ich nehme, je prends, tomo, prendo, я принимаю, 我在吃",
    "can i": "(?:darf|kann|soll) ich, (?:puis|dois)-je, est-ce que je (?:peux|dois)"
    ", (?:puedo|debo), posso, devo, можно(?: ли)?(?: мне)?, могу ли я, 我可以, 能不能",
    "may": "darf, peut(?:-on)?, puede, puo, pode",
    "take": "(?:ein)?nehmen, bekommen, prendre, tomar, prendere, принимать, пить, 服用, 吃",
    "give": "geben, donner, darle, дать, давать, 可以给",
    "how much": "wie ?viel*, combien, cuant[oa]s?, quant[oiae]s?, сколько, 多少",
    "together with": "zusammen mit, dazu, avec, junto con, insieme (?:a*|con), junto com"
    ", вместе с, 一起",
    "every day": "jeden tag, taglich, tous les jours, todos los dias, ogni giorno"
    ", todos os dias, каждый день, 每天",
    # in danger
    "swallowed": "(?:ver|ge)schluckt, avale, (?:se )?(?:trago|ha tragado), (?:ha )?ingoiato"
    ", (?:ha )?ingerito, ha ingerido, engoliu, проглотил[аи]?, 误服了?, 误食了?, 吞了?",
    "has taken": "eingenommen, genommen, a pris, ha tomado, tomo demasiad\\w+, ha preso, tomou"
    ", принял[аи]?, выпил[аи]?, 吃了",
    "drank": "getrunken, a bu, (?:se )?bebio, ha bevuto, bebeu, 喝了",
    "ate": "gegessen, gefressen, a mange, (?:se )?comio, ha mangiato, comeu, съел[аи]?",
    "too much": "zu ?viel*, trop(?: de)?, demasiad[oa]s?, tropp[oiae], demais, слишком много"
    ", (?:drei|zwei)fache, 过量, 太多",
    "by accident": "(?:aus )?versehen(?:tlich)?, par (?:erreur|accident), por (?:error|accidente)"
    ", per (?:sbaglio|errore), por (?:engano|acidente), случайно, 不小心",
    "tablets": "tabletten?, pillen?, comprimes?, cachets, pastillas?, comprimidos, compress[ae]"
    ", pillole, таблет*, 药片, 片药",
    "unconscious": "bewusstlos, ohnmachtig, inconscient*, evanoui*, inconsciente"
    ", desmayad[oa], svenut[oa], desmaiou, без сознания, 昏迷, 晕倒",
    "does not wake up": "wacht nicht auf, reagiert nicht, ne se reveille pas"
    ", ne repond (?:pas|plus), no (?:se )?(?:despierta|responde)"
    ", non (?:si sveglia|risponde), nao (?:acorda|responde)"
    ", не просыпается, не реагирует, 叫不醒",
    "cannot breathe": "keine luft, atmet nicht, atemnot, (?:ne )?respire (?:pas|plus|mal)"
    ", no (?:puede )?respira*, non respira, nao respira, не дышит, задыха*"
    ", 呼吸困难, 不能呼吸",
    "vomiting": "erbricht, vomit, vomita*, рвот[аы], рвет, 呕吐",
    "shaking": "zittert, krampft, tremble, temblar, tiembla, trema, treme, судорог*, 抽搐",
    "swollen": "geschwollen, gonfle*, hinchad[oa]s?, gonfi[oae], inchad[oa], опух*, 肿了?",
    "help": "hilfe, a l'aide, ayuda, aiuto, socorro, помогите, 救命",
    "what should i do": "was (?:soll ich|tun)(?: tun)?, que (?:faire|hago|faco)"
    ", cosa (?:faccio|devo fare), o que (?:faco|fazer), что делать, 怎么办",
    # nobody's own
    "in children": "bei kindern, chez (?:l'enfant|les enfants), en (?:los )?ninos, nei bambini"
    ", em criancas, у детей, 儿童(?:中|的)?",
    "in pregnancy": "in der schwangerschaft, pendant la grossesse, en el embarazo, in gravidanza"
    ", na gravidez, (?:при|во время) беременности, 妊娠期?",
    "in rats": "bei ratten, chez le rat, en ratas, nei ratti, em ratos, у крыс, 大鼠",
    "in mice": "bei mausen, chez la souris, en ratones, nei topi, em camundongos, у мышей, 小鼠",
    "in adults": "bei erwachsenen, chez l'adulte, en adultos, negli adulti, em adultos"
    ", у взрослых, 成人",
    "lethal dose": "letale dosis, dose letale, dosis letal, dose letal, летальная доза, 致死剂量",
    "toxicity": "toxizitat, toxicite, toxicidad, tossicita, toxicidade, токсичност*, 毒性",
    "effects": "wirkung*, effets, efectos, effetti, efeitos, действ*, эффект*, 作用",
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
