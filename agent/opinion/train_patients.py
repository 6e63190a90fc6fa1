"""Learn the head of ``patient`` from weights/patients.tsv; ``train`` runs it.

Holds out whole patterns, a tenth at a time, to calibrate and to choose the thresholds, then fits on
everything. The ordinary questions of the other head's phrasings are nobody's own as well.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from retort.agent.hazards import MENTIONED
from retort.agent.opinion.judge import PHRASINGS, Array, SentenceEncoder, vectors
from retort.agent.opinion.patient import KINDS, WEIGHTS, PatientHead, features, softmax
from retort.agent.opinion.phrasings import fill, phrasings, slots
from retort.agent.plain import plainest

FALSE_ADVICE = 0.03
"""share of ordinary questions in unseen wording that may meet advice"""
FALSE_ALARM = 0.02
"""share of ordinary questions in unseen wording that may be taken for an emergency"""
_PER_PATTERN = 14
_OF_OTHERS = 4
_NOISY = 0.25
"""share of the questions that are spelt badly"""
_OPENING = ("hi, ", "hello, ", "please help, ", "quick question: ", "asking for a friend, ", "um ")
_CLOSING = (" please", " thanks", " pls", " asap", "??", "!!", " any advice", " idk")
_SEED = 0

_MEDICINE = (
    "paracetamol;acetaminophen;tylenol;panadol;ibuprofen;advil;nurofen;aspirin;naproxen;warfarin"
    ";apixaban;metformin;insulin;atorvastatin;simvastatin;amlodipine;lisinopril;ramipril;bisoprolol"
    ";propranolol;digoxin;sertraline;prozac;fluoxetine;citalopram;amitriptyline;quetiapine;lithium"
    ";lamotrigine;valproate;diazepam;lorazepam;zopiclone;codeine;tramadol;morphine;oxycodone"
    ";amoxicillin;doxycycline;azithromycin;penicillin;prednisone;prednisolone;omeprazole;cetirizine"
    ";loratadine;benadryl;melatonin;methotrexate;levothyroxine;allopurinol;febuxostat;sumatriptan"
    ";methylphenidate;salbutamol;ondansetron;loperamide;gabapentin;meloxicam;ivermectin;vitamin D"
    ";iron tablets;blood pressure pills;heart tablets;sleeping pills;cough syrup;nicotine gum"
)
FILLINGS = slots(
    {
        "med": _MEDICINE,
        "n": "2;4;6;8;10;12;14;16;20;24;28;30;32;40;60;a dozen;about twenty;seven or eight;3",
        "g": "6;8;10;12;15",
        "mg": "5 mg;10 mg;20mg;40 mg;50mg;100 mg;200 mg;400mg;500 mg;1 g;800 mg;25 mcg",
        "mgkg": "3 mg/kg;10 mg/kg;30 mg/kg;100 mg/kg",
        "age": "17;23;35;42;56;67;74;81;90",
        "kg": "40;48;55;70;95;120",
        "kg2": "3;4;6;8;12;18;25;32",
        "wk": "5;8;12;20;28;36;six;ten",
        "adult": "my mum;my mom;my dad;my mother;my father;mum;dad;grandma;grandpa;my nan;my gran"
        ";my husband;hubby;my wife;my partner;my sister;my brother;my aunt;my uncle;my friend"
        ";my flatmate;my roommate;my neighbour;my boyfriend;my girlfriend;she;he;my elderly father",
        "child": "my son;my daughter;my toddler;our baby;my baby;the baby;my kid;our little one"
        ";little one;my two year old;my 4 year old;my 8yo;our six month old;my lad;my little girl"
        ";my nephew;my grandson;our newborn;my 3-year-old;the kids;my child;our boy;our youngest",
        "pet": "my dog;our dog;my cat;our cat;the cat;the dog;my puppy;our kitten;my rabbit"
        ";my horse;our pony;my guinea pig;my ferret;our labrador;my beagle;our terrier;the hamster"
        ";my budgie;my tortoise;our spaniel;my 5 kg cat;my 30 kg dog;our old collie;my goat",
        "poison": "bleach;antifreeze;dishwasher tablets;a laundry pod;a button battery;oven cleaner"
        ";lamp oil;petrol;rat poison;weedkiller;nail polish remover;hand sanitiser;drain cleaner"
        ";some berries;a mushroom from the garden;foxglove leaves;toilet cleaner;white spirit"
        ";e-cigarette liquid;perfume;slug pellets;yew berries;a magnet;carbon monoxide",
        "petpoison": "chocolate;raisins;a bunch of grapes;rat poison;antifreeze;lilies;xylitol gum"
        ";slug pellets;onions;a toad;a vape;compost;my eye drops;macadamia nuts;bleach",
        "poisonword": "theobromine;xylitol;permethrin;ethylene glycol;anticoagulant rodenticides"
        ";lily;grapes;metaldehyde;organophosphates;cyanide;lead",
        "street": "heroin;ecstasy;MDMA;ketamine;cocaine;speed;some pills;a line;xans;GHB;spice",
        "ill": "headache;migraine;gout;back pain;hay fever;high blood pressure;diabetes;insomnia"
        ";reflux;toothache;flu;depression;arthritis;kidney disease;a cold;cystitis;acne;knee pain",
        "childill": "a fever;a cough;chickenpox;an ear infection;diarrhoea;teething pain;croup"
        ";a temperature of 39;a rash;hay fever;nits;tummy ache;a runny nose",
        "petill": "arthritis;fleas;a cough;diarrhea;an itchy skin;worms;a sore leg;car sickness",
        "class": "antihistamine;painkiller;antidepressant;antiemetic;statin;antibiotic"
        ";anticonvulsant;beta blocker;laxative;triptan",
    }
)


@dataclass(frozen=True, slots=True)
class Example:
    """One question in plain words, its pattern and its kind."""

    pattern: str
    subject: str
    kind: int
    text: str


def examples(others: dict[str, tuple[str, ...]]) -> list[Example]:
    """Questions of both files of phrasings, each once; ``others`` fills those of hazards."""
    rng = random.Random(_SEED)
    found: dict[str, Example] = {}
    for row in phrasings(WEIGHTS.with_name("patients.tsv")):
        kind = 0 if row.kind == "none" else KINDS.index(row.kind)
        for _ in range(_PER_PATTERN):
            text = fill(row.pattern, FILLINGS, rng) + rng.choice(("", "", "?", "."))
            plain = plainest(_as_written(text, rng, kind > 0), MENTIONED)
            found[plain] = Example(row.pattern, row.subject, kind, plain)
    for row in phrasings(PHRASINGS):
        if "self" in row.family or row.family == "people-more":
            continue
        for _ in range(_OF_OTHERS):
            plain = plainest(fill(row.pattern, others, rng), MENTIONED)
            found[plain] = Example(row.pattern, "none " + row.subject, 0, plain)
    return list(found.values())


def _as_written(text: str, rng: random.Random, is_own: bool) -> str:
    """The text with the slips and the small talk of somebody who types in a hurry."""
    if is_own and rng.random() < _NOISY:
        text = rng.choice(_OPENING) + text
    if is_own and rng.random() < _NOISY:
        text = text.rstrip("?. ") + rng.choice(_CLOSING)
    if rng.random() >= _NOISY:
        return text
    if "'" in text and rng.random() < 0.5:
        return text.replace("'", "")
    letters = list(text)
    at = [i for i in range(1, len(text) - 2) if text[i].isalpha() and text[i + 1].isalpha()]
    for i in rng.sample(at, min(2, len(at))):
        if rng.random() < 0.5:
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
        else:
            letters[i] = ""
    return "".join(letters)


def fit(x: Array, y: Array) -> tuple[Array, Array]:
    """Weights (kinds, d) and bias (kinds,) of a softmax in which every kind weighs the same."""
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=4.0, class_weight="balanced", max_iter=500)
    model.fit(csr_array(x), y)
    return model.coef_.astype(np.float32), model.intercept_.astype(np.float32)


def train_patients(
    encoder: SentenceEncoder, others: dict[str, tuple[str, ...]]
) -> tuple[PatientHead, dict[str, Any]]:
    """The head, and what was measured on patterns held out."""
    rows = examples(others)
    texts = [row.text for row in rows]
    x = features(texts, vectors(texts, encoder))
    y = np.array([row.kind for row in rows])
    logits = held_out_logits(x, y, [row.pattern for row in rows])
    strict = held_out_logits(x, y, [row.subject for row in rows])
    grid = np.exp(np.linspace(np.log(0.3), np.log(10), 60))
    costs = [-np.log(softmax(logits / t)[np.arange(len(y)), y] + 1e-9).mean() for t in grid]
    scale = np.float32(grid[int(np.argmin(costs))])
    p = softmax(logits / scale)
    weights, bias = fit(x, y)
    head = PatientHead(
        weights / scale,
        bias / scale,
        personal=float(np.quantile(1 - p[y == 0, 0], 1 - FALSE_ADVICE)),
        emergency=float(np.quantile(p[y == 0, -1], 1 - FALSE_ALARM)),
    )
    said = np.array([KINDS.index(kind) for kind in head.kinds(p)])
    unseen = np.array([KINDS.index(kind) for kind in head.kinds(softmax(strict / scale))])
    return head, {
        "questions": len(rows),
        "patterns": len({row.pattern for row in rows}),
        "ordinary, advised": _share(said[y == 0] > 0),
        "ordinary, taken for an emergency": _share(said[y == 0] == len(KINDS) - 1),
        **{
            f"{KINDS[kind]}, {name}": _share(found[y == kind] == kind)
            for kind in range(1, len(KINDS))
            for name, found in (("right", said), ("right, whole families held out", unseen))
        },
        "own, not advised": _share(said[y > 0] == 0),
        "own, not advised, whole families held out": _share(unseen[y > 0] == 0),
        "temperature": round(float(scale), 2),
        "personal": round(head.personal, 3),
        "emergency": round(head.emergency, 3),
    }


def held_out_logits(x: Array, y: Array, groups: list[str], folds: int = 5) -> Array:
    """(n, kinds) logits, each from a fit that saw no question of the same group."""
    names = sorted(set(groups))
    order = np.random.default_rng(_SEED).permutation(len(names))
    logits = np.zeros((len(y), len(KINDS)), np.float32)
    for fold in range(folds):
        out = {names[i] for i in order[fold::folds]}
        held = np.array([group in out for group in groups])
        weights, bias = fit(x[~held], y[~held])
        logits[held] = x[held] @ weights.T + bias
    return logits


def _share(true: Array) -> float:
    return round(float(np.mean(true)), 4)
