"""Inline marks: words and star alleles stay, marks and numeric citations go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.readers.markup import plain


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("*CYP2C19*2* and *CYP2C19*3* were rare", "CYP2C19*2 and CYP2C19*3 were rare"),
        ("*CYP2C9*2* and **3*, *VKORC1 1173G>A*", "CYP2C9*2 and *3, VKORC1 1173G>A"),
        ("*CYP2A6***5*) and *CYP2C8***1*/**1*", "CYP2A6*5) and CYP2C8*1/*1"),
        ("*CYP2C19**2/*3, *CYP2C9**2", "CYP2C19*2/*3, CYP2C9*2"),
        ("| *1/*10, *10/*2 | CYP2B6*1*6 |", "| *1/*10, *10/*2 | CYP2B6*1*6 |"),
        ("Asterisk (*), *x* and rs12(**)", "Asterisk (*), x and rs12(**)"),
        ("HLA-B*57:01 and HLA-DQA1*05", "HLA-B*57:01 and HLA-DQA1*05"),
        ("(*P *=* *2.93) *P = *0.003; *p* < .05", "(P = 2.93) P = 0.003; p < .05"),
        ("**Bold**, **0.03**, ***both*** and ~~old~~", "Bold, 0.03, both and old"),
        ("89 h*ng*kg/mL, a * b, 3000*g*, 0.5***", "89 h*ng*kg/mL, a * b, 3000g, 0.5***"),
        (r"\*escaped\* and `code*x*_y_`", "*escaped* and code*x*_y_"),
        ("_x_ and snake_case_name, C_max_, AUC_0–24_", "x and snake_case_name, Cmax, AUC0–24"),
    ],
)
def test_emphasis_goes_and_alleles_stay(line: str, expected: str) -> None:
    assert plain(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("drugs [[1](#CR1)–[3](#CR3), [5](#CR5)]. Next", "drugs. Next"),
        ("AML.[1](#c-bib-0001), [2](#c-bib-0002) Next", "AML. Next"),
        ("pumps,^(^ [40](#b40) ^)^ whereas", "pumps, whereas"),
        ("shown [[24]](#pone.1-Barrett1) before", "shown before"),
        ("bleeding.[6–9](#bib6) It", "bleeding. It"),
        ("therapy.^17^ of individual^1-13^ doses^18,19^", "therapy. of individual doses"),
        ("(Table [1](#x-tbl-0001)), [Figure 2a](#F2)", "(Table 1), Figure 2a"),
        ("as Wang showed ([Wang et al., 2011](#B41))", "as Wang showed (Wang et al., 2011)"),
    ],
)
def test_numeric_citations_go_and_other_links_keep_their_words(line: str, expected: str) -> None:
    assert plain(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("p = 2 × 10^−9^, 10<sup>-3</sup>", "p = 2 × 10^−9, 10^-3"),
        ("m^2^ Ca^2+^ χ^2^ ^14^C 5^th^ X^®^", "m2 Ca2+ χ2 14C 5th X®"),
        ("H<sub>2</sub>O<br>next <b>bold</b> 1 < 2 > 0", "H2O next bold 1 < 2 > 0"),
        ("see [a (b)](http://x.org/y_(z)_w) ![alt](p.png) end", "see a (b) end"),
        ("zero\u200bwidth, soft\u00adhyphen, no\u00a0break", "zerowidth, softhyphen, no break"),
    ],
)
def test_raised_lowered_tags_and_spaces(line: str, expected: str) -> None:
    assert plain(line) == expected


GENE = st.sampled_from(["CYP2D6", "CYP2C19", "TPMT", "UGT1A1", "HLA-B", "DPYD"])
ALLELE = st.sampled_from(["1", "2", "2A", "17", "28", "57:01", "3C"])
STYLE = st.sampled_from(
    ["{g}*{a}", "*{g}*{a}*", "*{g}***{a}*", "*{g}**{a}", "*{g}* **{a}*", "**{g}*{a}**"]
)


@given(
    st.lists(st.tuples(STYLE, GENE, ALLELE), min_size=1, max_size=6), st.sampled_from([" ", ", "])
)
def test_no_way_of_setting_an_allele_loses_its_star(
    rows: list[tuple[str, str, str]], separator: str
) -> None:
    line = separator.join(style.format(g=gene, a=allele) for style, gene, allele in rows)
    shown = plain(f"Carriers of {line} were *few*.").replace(" *", "*")
    expected = separator.join(f"{gene}*{allele}" for _, gene, allele in rows)
    assert shown == f"Carriers of {expected} were few."


@given(st.text("abcXYZ019 ,.;:%=<α", max_size=60))
def test_a_line_without_marks_is_only_spaced(line: str) -> None:
    assert "".join(plain(line).split()) == "".join(line.split())


@given(st.text("ab1* _^[]()#`~|<>\\-", max_size=60))
def test_any_mess_of_marks_keeps_every_letter(line: str) -> None:
    unlinked = line.replace("(", " ").replace("<", " ")
    letters = [c for c in unlinked if c in "ab"]
    assert [c for c in plain(unlinked) if c in "ab"] == letters
