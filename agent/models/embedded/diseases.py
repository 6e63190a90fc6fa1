"""Diseases as people name them, and the MeSH heading that a database files their drugs under.

Owns the words for diseases. A disease that is not in the table is taken as it is written, where a
question says that drugs are for it.
"""

from __future__ import annotations

import re

from retort.agent.models.embedded.vocabulary import ASIDE, FUNCTION_WORDS

HEADINGS = {
    "acute coronary syndrome": "Acute Coronary Syndrome",
    "acute lymphoblastic leuka?emia": "Precursor Cell Lymphoblastic Leukemia-Lymphoma",
    "acute myeloid leuka?emia|AML": "Leukemia, Myeloid, Acute",
    "ADHD|attention[- ]deficit\\w*(?: disorder)?": "Attention Deficit Disorder",
    "alcoholism|alcohol dependence": "Alcoholism",
    "alzheimer(?:['’]?s)?(?: disease)?": "Alzheimer Disease",
    "ana?emia": "Anemia",
    "angina": "Angina",
    "ankylosing spondylitis": "Spondylitis, Ankylosing",
    "anxiety": "Anxiety",
    "arrhythmias?": "Arrhythmias, Cardiac",
    "aspergillosis": "Aspergillosis",
    "asthma": "Asthma",
    "atrial fibrillation": "Atrial Fibrillation",
    "autism": "Autis",
    "bipolar disorder|mania": "Bipolar Disorder",
    "bone cancer": "Bone Neoplasms",
    "breast (?:cancer|tumou?rs?)": "Breast Neoplasms",
    "bowel cancer|colorectal cancer": "Colorectal Neoplasms",
    "cervical cancer": "Uterine Cervical Neoplasms",
    "chronic lymphocytic leuka?emia|CLL": "Leukemia, Lymphocytic, Chronic",
    "chronic my(?:eloid|elogenous) leuka?emia|CML": "Leukemia, Myelogenous, Chronic",
    "colon cancer": "Colonic Neoplasms",
    "constipation": "Constipation",
    "COPD|chronic obstructive pulmonary disease": "Pulmonary Disease, Chronic Obstructive",
    "coronary (?:artery|heart) disease": "Coronary Artery Disease",
    "cystic fibrosis": "Cystic Fibrosis",
    "deep vein thrombosis|DVT": "Venous Thrombosis",
    "(?:major )?depress(?:ion|ive disorder)": "Depressi",
    "eczema|atopic dermatitis": "Dermatitis, Atopic",
    "endometriosis": "Endometriosis",
    "epilepsy|seizures": "Epilepsy",
    "erectile dysfunction|impotence": "Erectile Dysfunction",
    "fungal infections?|mycos[ie]s": "Mycoses",
    "gastric cancer|stomach cancer": "Stomach Neoplasms",
    "GIST|gastrointestinal stromal tumou?rs?": "Gastrointestinal Stromal Tumors",
    "glaucoma": "Glaucoma",
    "gout": "Gout",
    "heart attacks?|myocardial infarction": "Myocardial Infarction",
    "heart failure": "Heart Failure",
    "heartburn|acid reflux|reflux|GERD|GORD": "Gastroesophageal Reflux",
    "hepatitis B": "Hepatitis B",
    "hepatitis C|HCV": "Hepatitis C",
    "(?:high|raised) blood pressure|(?<!pulmonary )(?<!pulmonary arterial )hypertension|"
    "high bp": "Hypertension",
    "high cholesterol|hypercholesterol(?:a)?emia": "Hypercholesterolemia",
    "HIV(?: infections?)?|AIDS": "HIV Infections",
    "huntington(?:['’]?s)?(?: disease| chorea)?": "Huntington Disease",
    "(?:idiopathic )?pulmonary fibrosis": "Pulmonary Fibrosis",
    "influenza|flu": "Influenza, Human",
    "insomnia": "Sleep Initiation and Maintenance Disorders",
    "kidney cancer": "Kidney Neoplasms",
    "leuka?emia": "Leukemia",
    "liver cancer|hepatocellular carcinoma|HCC": "Carcinoma, Hepatocellular",
    "lung cancer": "Lung Neoplasms",
    "lupus": "Lupus Erythematosus, Systemic",
    "lymphoma": "Lymphoma",
    "malaria": "Malaria",
    "melanoma": "Melanoma",
    "migraines?": "Migraine Disorders",
    "multiple myeloma": "Multiple Myeloma",
    "multiple sclerosis": "Multiple Sclerosis",
    "myelofibrosis": "Primary Myelofibrosis",
    "narcolepsy": "Narcolepsy",
    "nausea": "Nausea",
    "non-small[- ]cell lung (?:cancer|carcinoma)|NSCLC": "Carcinoma, Non-Small-Cell Lung",
    "obesity": "Obesity",
    "opioid (?:addiction|dependence|use disorder)": "Opioid-Related Disorders",
    "osteoarthritis": "Osteoarthritis",
    "osteoporosis": "Osteoporosis",
    "ovarian cancer": "Ovarian Neoplasms",
    "pain": "Pain",
    "pancreatic cancer": "Pancreatic Neoplasms",
    "panic disorder": "Panic Disorder",
    "parkinson(?:['’]?s)?(?: disease)?": "Parkinson Disease",
    "prostate cancer": "Prostatic Neoplasms",
    "psoriasis": "Psoriasis",
    "psoriatic arthritis": "Arthritis, Psoriatic",
    "pulmonary (?:arterial )?hypertension|PAH": "Hypertension, Pulmonary",
    "renal cell carcinoma|renal cancer": "Carcinoma, Renal Cell",
    "restless legs?(?: syndrome)?": "Restless Legs Syndrome",
    "rheumatoid arthritis": "Arthritis, Rheumatoid",
    "schizophrenia": "Schizophrenia",
    "smoking cessation|tobacco (?:addiction|dependence)": "Tobacco Use Disorder",
    "strokes?": "Stroke",
    "transplant rejection|graft rejection": "Graft Rejection",
    "tuberculosis|TB": "Tuberculosis",
    "type[- ]?(?:1|I|one) diabetes|diabetes(?: mellitus)? type 1|T1D": "Diabetes Mellitus, Type 1",
    "type[- ]?(?:2|II|two) diabetes|diabetes(?: mellitus)? type 2|T2D": "Diabetes Mellitus, Type 2",
    "diabetes": "Diabetes Mellitus",
    "tourette(?:['’]?s)?(?: syndrome)?": "Tourette Syndrome",
    "ulcerative colitis": "Colitis, Ulcerative",
    "venous thromboembolism|VTE": "Venous Thromboembolism",
    "vomiting|emesis": "Vomiting",
}
"""How a disease is named, as a pattern, to what stands in the MeSH heading or EFO term."""

_TABLE = tuple(
    (re.compile(rf"(?<![\w-])(?:anti-?)?(?:{words})(?![\w])", re.IGNORECASE), heading)
    for words, heading in HEADINGS.items()
)
_SLOT = re.compile(
    r"\b(?:drugs?|medicines?|medications?|treatments?|therap(?:y|ies)|agents?|pills?|remed(?:y|ies))"
    r"(?: \w+){0,3}? (?:for|against|to treat|in|treating)(?: treating| the treatment of| patients "
    r"with| people with)? (?!drug\b|target\b|trials?\b|it\b|this\b|that\b|them\b|the\b|which\b)"
    r"(?P<disease>[a-z][\w'’-]{3,}(?: [a-z][\w'’-]+){0,3})\s*[?.!]*$",
    re.IGNORECASE,
)


_HEAD = (
    r"[a-z]{3,}(?:itis|osis|iasis|omas?|a?emia|pathy|algia|plegia|paresis|trophy|uria|penia"
    r"|o?edema|rrh?o?ea|rrhage|phobia|philia)"
    r"|(?:cancer|syndrome|disease|disorder|infection|deficiency|carcinoma|tumou?r|injury|fever"
    r"|addiction|dependence|ulcer|rejection|palsy|sclerosis|arthritis|sepsis|psychosis)s?"
)
_NAMED = re.compile(
    rf"(?<![\w-])(?P<before>(?:[a-z][a-z0-9'’-]* ){{0,3}}?)(?P<head>{_HEAD})"
    rf"(?: (?:vera|gravis|mellitus|simplex|zoster))?(?: with (?P<with>{_HEAD}))?(?![\w-])",
    re.IGNORECASE,
)
"""A name that its last word gives away: "-itis", "-aemia", "X syndrome"."""
_PLAIN_HEADS = frozenset(
    """
    diagnosis prognosis apoptosis necrosis mitosis meiosis osmosis endocytosis exocytosis
    phagocytosis transcytosis angiogenesis homeostasis metamorphosis symbiosis hypnosis ketosis
    autophagocytosis ferroptosis pyroptosis necroptosis aroma coma diploma genoma soma stroma
    plasma empathy sympathy telepathy homeopathy naturopathy apathy pathy allopathy glucuronidosis
    """.split()
)
_BARE = re.compile(
    r"(?:cancer|syndrome|disease|disorder|infection|deficiency|tumou?r|injury|fever|addiction"
    r"|dependence|rejection|palsy)s?",
    re.IGNORECASE,
)
"""Heads that name no disease by themselves."""
_QUALIFIES = re.compile(
    r"(?:acute|chronic|primary|secondary|severe|advanced|metastatic|refractory|relapsed|early|late"
    r"|type|stage|small|large|soft|non|hard|cell|b|t|hereditary|familial|systemic|idiopathic"
    r"|[a-z]+(?:ic|al|ary|ous|oid|ar|ative|atory|atric|['’]s))|[a-z-]+-(?:cell|type|onset|induced"
    r"|related|resistant|associated)",
    re.IGNORECASE,
)


def disease_in(masked: str) -> str:
    """The disease that a masked question names, as a database files it; empty without one.

    Of two names in one place the longer counts: "non-small-cell lung cancer" is not "lung cancer".
    A name that is in no table is handed on as it is written, and so is what stands where a disease
    would ("drugs for X").
    """
    if name := named_in(masked):
        return name
    slot = _SLOT.search(masked)
    return slot["disease"] if slot else ""


def named_in(masked: str) -> str:
    """The same of names that stand in a table or have a disease's shape; empty without one."""
    found = [(m.end() - m.start(), heading) for p, heading in _TABLE if (m := p.search(masked))]
    written = _written(masked)
    if found and max(found)[0] + 4 >= len(written):
        return max(found)[1]
    return written


def _written(masked: str) -> str:
    """A disease by the shape of its name: the head and what qualifies it; empty without one."""
    for match in _NAMED.finditer(masked):
        head, before = match["head"].lower(), match["before"].split()
        kept: list[str] = []
        while before and (_QUALIFIES.fullmatch(before[-1]) or (_BARE.fullmatch(head) and not kept)):
            kept.insert(0, before.pop())
        is_plain = head in _PLAIN_HEADS or head.rstrip("s") in _PLAIN_HEADS
        is_empty = _BARE.fullmatch(head) and (
            not kept or kept[-1].lower() in FUNCTION_WORDS | ASIDE | {"rare", "cardiovascular"}
        )
        if not is_plain and not is_empty:
            return " ".join([*kept, masked[match.start("head") : match.end()]])
    return ""
