"""An answer as HTML: kinds, markers, sources, molecules, checks, errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import page_script
from page_script import NASTY, PAPERS, PARACETAMOL, activity, passage, prediction

from retort.agent.records import Answer, Checks, Citation, Verdict
from retort.retrieval.errors import UsageError
from retort.tools.records import Evidence
from retort.ui import figures, render, sources
from retort.ui.conversations import CONTEXT_CHARACTERS, _after, _before

PAPER = passage("PMID:1", "RESULTS: Carriers", "3.32 mg in *1/*3.", page=4, section="Results")
NOTE = passage("NOTE:cyp2c9", "CYP2C9 clears", "same INR.")
MEASURED = activity("ERLOTINIB", "CHEMBL553", 2.0, 8.7)
INSIDE = prediction("aqueous solubility", -1.05, "log mol/L", -1.9, -0.2)
OUTSIDE = prediction("hERG block", 0.08, "probability", 0.01, 0.4)
RULE = page_script._RULE


def answer(text: str, *cited: Evidence, **fields: object) -> Answer:
    citations = tuple(Citation(i, item) for i, item in enumerate(cited, 1))
    made = Answer("abc", "Why?", "answered", text, citations, model="m", settings_digest="d")
    return replace(made, **fields)


def around(evidence: Evidence) -> tuple[str, str] | None:
    paper = PAPERS[evidence.source_id]
    assert evidence.start is not None and evidence.end is not None
    return _before(paper.text, evidence.start), _after(paper.text, evidence.end)


def html(made: Answer) -> str:
    return render.answer_html(made, around, lambda smiles: f"<svg>\n<title>{smiles}</title></svg>")


def test_a_marker_links_to_its_own_quote_and_says_what_it_is() -> None:
    made = html(answer("Less is needed [1]. Not cited [7].", PAPER))
    assert 'href="#aabc-c1"' in made and 'id="aabc-c1"' in made
    assert 'title="literature: CYP2C9 genotype' in made and ", p. 4: RESULTS" in made
    assert '<sup class="cite">[7]</sup>' in made
    assert made.index('<details class="source">') < made.index('id="aabc-c1"')


def test_the_same_marker_in_two_answers_opens_two_quotes() -> None:
    one, two = answer("a [1]", PAPER), replace(answer("a [1]", PAPER), id="xyz")
    assert render.anchor(one, 1) != render.anchor(two, 1)


def test_each_kind_has_a_word_of_its_own() -> None:
    words = [sources.kind_word(e) for e in (PAPER, NOTE, MEASURED, RULE, OUTSIDE)]
    assert words == ["literature", "note", "measured (ChEMBL 36)", "calculated", "predicted"]
    made = html(answer("a [1] b [2] c [3] d [4] e [5]", PAPER, NOTE, MEASURED, RULE, OUTSIDE))
    assert "1 literature, 1 note, 1 measured (ChEMBL 36), 1 calculated, 1 predicted" in made
    for kind in ("literature", "note", "chembl", "calculation", "prediction"):
        assert f'class="cite {kind}"' in made and f'class="kind {kind}"' in made


def test_records_say_from_which_release_they_are() -> None:
    starter = replace(MEASURED, record={**MEASURED.record, "release": "Retort starter 1"})
    assert sources.kind_word(starter) == "measured (Retort starter 1)"
    nothing = Evidence("chembl", "ChEMBL", "Nothing", "No.", record={"record": "absence"})
    assert sources.kind_word(nothing) == "searched (ChEMBL)"
    mechanism = replace(nothing, record={"record": "mechanism", "release": "ChEMBL_36"})
    assert sources.kind_word(mechanism) == "record (ChEMBL 36)"
    assert sources.kind_word(replace(nothing, record={})) == "ChEMBL record"


def test_a_note_is_never_shown_as_a_paper() -> None:
    made = html(answer("a [1]", NOTE))
    assert "A note written for Retort, not a paper." in made
    assert ">literature<" not in made


def test_the_passage_is_marked_in_its_surroundings() -> None:
    made = html(answer("Less is needed [1].", PAPER))
    assert "on stable therapy. <mark>RESULTS: Carriers of CYP2C9*2 and CYP2C9*3" in made
    assert "*1/*3.</mark> CONCLUSIONS: Genotyping" in made
    assert f"Characters {PAPER.start} to {PAPER.end} of the stored text." in made


def test_only_the_quoted_sentence_is_marked() -> None:
    quoted = "The mean daily dose was 5.63 mg in *1/*1, 4.88 mg in *1/*2 and 3.32 mg in *1/*3."
    made = html(answer(f"{quoted} [1]", PAPER))
    assert f"variant allele. <mark>{quoted}</mark>" in made


def test_the_highlighted_sentence_is_marked_where_none_is_quoted() -> None:
    assert PAPER.start is not None
    at = PAPER.quote.index("The mean")
    marked = {**PAPER.record, "highlights": [[PAPER.start + at, PAPER.start + at + 8]]}
    made = html(answer("Less is needed [1].", replace(PAPER, record=marked)))
    assert "<mark>The mean</mark>" in made and made.count("<mark>") == 1
    lost = {**PAPER.record, "highlights": [[0, 5]]}
    assert "<mark>RESULTS" in html(answer("Less [1].", replace(PAPER, record=lost)))


def test_the_verdict_stands_beside_its_source() -> None:
    checks = Checks(verdicts=(Verdict(1, "Less is <b>needed</b>.", "contradicted", 0.8, "head"),))
    made = html(answer("Less is needed [1].", PAPER, checks=checks))
    assert 'class="kind warning" title="An opinion' in made
    assert ">contradicts: read it (judged by head 80%)</span></summary>" in made
    assert "head judges that [1] contradicts it: Less is &lt;b&gt;needed&lt;/b&gt;." in made
    quoted = Checks(verdicts=(Verdict(1, "Less.", "supported", 1.0, "quoted"),))
    made = html(answer("Less is needed [1].", PAPER, checks=quoted))
    assert 'class="facts verdict"' in made and ">quoted word for word</span>" in made


def test_a_quote_whose_paper_is_gone_says_so() -> None:
    body = sources.opened(PAPER, "", lambda evidence: None)
    assert "<mark>RESULTS" in body and "no longer in the library" in body


def test_surroundings_are_cut_at_words() -> None:
    text = "word " * 200
    assert len(_before(text, 500)) <= CONTEXT_CHARACTERS and _before(text, 500).startswith("… word")
    assert _after(text, 500).endswith("word …")
    assert _before("ab cd", 3) == "ab " and _after("ab cd", 2) == " cd"


def test_text_of_papers_stays_text() -> None:
    trap = passage("PMID:2", "Carriers of", "done.")
    made = html(answer(f"He wrote {NASTY} [1]", trap, unused=(trap,), question=NASTY))
    for forbidden in ("<img", "<script", "<b>", 'href="http:', "\n"):
        assert forbidden not in made
    assert "C[C@H](N)C(=O)O" in made and "[x](http://evil.example)" in made
    assert "CYP2C9*2 and CYP2C9*3" in made and "&amp;amp;" in made


def test_only_encrypted_addresses_become_links() -> None:
    assert 'href="https://pubmed' in sources.opened(PAPER, "", around)
    bad = replace(PAPER, url="javascript:alert(1)")
    assert "href" not in sources.opened(bad, "", around)


def test_predictions_show_their_interval_and_domain() -> None:
    inside, outside = sources.label(INSIDE), sources.label(OUTSIDE)
    assert "-1.05 log mol/L (-1.9 to -0.2)" in inside and "outside the domain" not in inside
    assert "outside the domain" in outside
    long = {**INSIDE.record, "value": -1.4636969915414624, "interval": [-2.7666, -0.16077]}
    assert "-1.46 log mol/L (-2.77 to -0.161)" in sources.label(replace(INSIDE, record=long))
    assert "<td>0.01 to 0.4</td>" in sources.opened(OUTSIDE, "", around)
    assert "inside the applicability domain</th><td>no</td>" in sources.opened(OUTSIDE, "", around)


def test_measurements_can_be_compared_without_opening() -> None:
    assert "IC50 = 2 nM on EGFR" in sources.label(MEASURED)
    assert "assay ChEMBL id</th><td>CHEMBL674637" in sources.opened(MEASURED, "", around)


def test_a_list_of_a_record_is_words_and_an_empty_one_no_row() -> None:
    record = {**MEASURED.record, "references": (), "synonyms": ("a", "b<")}
    body = sources.opened(replace(MEASURED, record=record), "", around)
    assert "references" not in body and "<td>a, b&lt;</td>" in body


def test_records_within_records_are_lines() -> None:
    body = sources.opened(RULE, "", around)
    assert "<div>molecular weight &lt;= 500 Da: 499.6, passes</div>" in body
    assert "<th>passes</th><td>yes</td>" in body


def test_retracted_papers_are_flagged() -> None:
    record = {**PAPER.record, "retracted": True}
    assert "retracted" in sources.label(replace(PAPER, record=record))
    told = replace(PAPER, record={**record, "retraction": "Retraction in: <Blood> 2020"})
    assert "Retraction in: &lt;Blood&gt; 2020" in sources.opened(told, "", around)
    assert "Retraction in: &lt;Blood&gt; 2020" in sources.label(told)
    assert "was retracted" not in sources.opened(PAPER, "", around)


def test_many_sources_are_folded() -> None:
    few, many = (MEASURED,) * render.SOURCES_OPEN, (MEASURED,) * (render.SOURCES_OPEN + 1)
    assert '<details class="evidence" open>' in html(answer("a [1]", *few))
    assert '<details class="evidence"><summary>Sources (7)' in html(answer("a [1]", *many))


def test_what_was_retrieved_and_not_cited_is_folded_apart() -> None:
    made = html(answer("a [1]", PAPER, unused=(NOTE, MEASURED)))
    assert '<details class="evidence unused"><summary>Also retrieved, not cited (2)' in made


def test_molecule_cards() -> None:
    made = html(answer("a", molecules=(PARACETAMOL,)))
    assert "<svg> <title>CC(=O)Nc1ccc(O)cc1</title></svg>" in made
    assert "<strong>M1</strong> paracetamol<code>CC(=O)Nc1ccc(O)cc1</code>" in made
    many = html(answer("a", molecules=(PARACETAMOL,) * 8))
    assert "2 more molecules" in many and many.count('class="molecule"') == 8


def test_findings_of_the_checks_are_shown_and_clean_answers_say_so() -> None:
    found = Checks(("[E9]",), ("34",), ("Nobody knows.",))
    made = html(answer("a [1]", PAPER, checks=found))
    for line in ("Removed invented citations: [E9]", "34", "Without a source: Nobody knows."):
        assert line in made
    assert "every statement cited" not in made
    assert "every statement cited" in html(answer("a [1]", PAPER))


def test_an_abstention_is_not_blamed_for_having_no_source() -> None:
    made = html(answer("I cannot ...", status="abstained", checks=Checks((), (), ("I cannot.",))))
    assert "Without a source" not in made and "no answer in these sources" in made


def test_a_stopped_answer_is_marked() -> None:
    assert "stopped, incomplete" in html(answer("Half", status="stopped"))


def test_errors_say_what_why_and_next() -> None:
    made = render.notice_html(UsageError("What <b>?", "Why.", "retort doctor"))
    assert "<strong>What &lt;b&gt;?</strong><br>Why.<br>Next: <code>retort doctor</code>" in made
    prose = render.error_html({"what": "W", "why": "", "next": "Add it with `retort library add`."})
    assert prose.endswith("<br>Next: Add it with <code>retort library add</code>.</div>")


def test_a_tool_is_one_folded_line() -> None:
    made = render.tool_html(
        "ChEMBL: 37 activities <EGFR>", {"target": "EGFR", "limit": None}, "row 1\nrow 2", 1.23
    )
    assert made.startswith('<details class="step"><summary>ChEMBL: 37 activities &lt;EGFR&gt; ')
    assert "(1.2 s)" in made and "<th>target</th><td>EGFR</td>" in made and "limit" not in made
    assert "row 1&#10;row 2" in made
    failed = render.tool_html("No such drug", {}, "", 0.1, failed=True)
    assert ">failed<" in failed


def test_an_explained_prediction_is_drawn_with_its_weights() -> None:
    record = {
        "record": "attribution",
        "name": "<paracetamol>",
        "smiles": "CCO",
        "endpoint_label": "hERG blockade",
        "weights": [0.1, 0.0, -0.1],
    }
    why = Evidence("prediction", "retort-herg-1", "Why", "Leans on this.", record=record)
    drawn = []

    def draw(smiles: str, weights: Sequence[float] = ()) -> str:
        drawn.append((smiles, list(weights)))
        return "<svg>\n</svg>"

    made = figures.explanations_html([Citation(1, why)], draw)
    assert drawn == [("CCO", [0.1, 0.0, -0.1])] and "<svg> </svg>" in made and "\n" not in made
    assert "&lt;paracetamol&gt;" in made and "orange (+) atoms raise it, blue (-)" in made
    assert figures.explanations_html([Citation(1, INSIDE)], draw) == ""


def test_a_training_molecule_is_measured_and_looks_like_it() -> None:
    record = {"record": "training", "said": "1.90 log units", "key": "AAAAAAAAAAAAAA"}
    near = Evidence("chembl", "InChIKey AAAAAAAAAAAAAA", "Measured logD", "1.90", record=record)
    line = sources.label(near)
    assert "measured (training set)" in line and 'class="kind chembl"' in line
    assert "1.90 log units" in line
