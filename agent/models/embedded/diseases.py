"""Diseases as people name them, and the MeSH heading that a database files their drugs under.

Owns the words for diseases. A disease that is not in the table is taken as it is written, where a
question says that drugs are for it.
"""

from __future__ import annotations

import re

HEADINGS = {
    "acute coronary syndrome": "Acute Coronary Syndrome",
    "acute lymphoblastic leuk(?:a)?emia": "Precursor Cell Lymphoblastic Leukemia-Lymphoma",
    "acute myeloid leuk(?:a)?emia|AML": "Leukemia, Myeloid, Acute",
    "ADHD|attention[- ]deficit\\w*(?: disorder)?": "Attention Deficit Disorder",
    "alcoholism|alcohol dependence": "Alcoholism",
    "alzheimer(?:['’]?s)?(?: disease)?": "Alzheimer Disease",
    "an?emia": "Anemia",
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
    "chronic lymphocytic leuk(?:a)?emia|CLL": "Leukemia, Lymphocytic, Chronic",
    "chronic my(?:eloid|elogenous) leuk(?:a)?emia|CML": "Leukemia, Myelogenous, Chronic",
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
    "leuk(?:a)?emia": "Leukemia",
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


def disease_in(masked: str) -> str:
    """The disease that a masked question names, as a database files it; empty without one.

    Of two names in one place the longer counts: "non-small-cell lung cancer" is not "lung cancer".
    """
    found = [(m.end() - m.start(), heading) for p, heading in _TABLE if (m := p.search(masked))]
    if found:
        return max(found)[1]
    slot = _SLOT.search(masked)
    return slot["disease"] if slot else ""
