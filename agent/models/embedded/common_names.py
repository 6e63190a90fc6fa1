"""Everyday names of medicines and other substances that the starter database does not list.

Owns data only. A name here is taken for a molecule; what it means is the tools' to say.
"""

from __future__ import annotations

EVERYDAY = frozenset(
    """
    humira enbrel remicade ozempic wegovy rybelsus mounjaro zepbound keytruda opdivo tecentriq
    imfinzi yervoy herceptin kadcyla enhertu perjeta avastin rituxan mabthera eylea lucentis prolia
    xgeva stelara cosentyx taltz skyrizi tremfya dupixent xolair nucala entyvio simponi cimzia
    tecfidera ocrevus tysabri gilenya eliquis xarelto pradaxa plavix brilinta coumadin marevan
    jardiance farxiga forxiga invokana januvia galvus victoza saxenda trulicity byetta lantus
    humalog novorapid actos avandia glucophage entresto crestor zocor zetia repatha praluent norvasc
    diovan cozaar micardis nexium losec prilosec zantac pepcid valium xanax ativan klonopin ambien
    prozac zoloft seroxat paxil celexa cipramil lexapro effexor cymbalta wellbutrin zyban remeron
    seroquel zyprexa risperdal abilify clozaril haldol adderall concerta vyvanse strattera lyrica
    neurontin keppra lamictal tegretol depakote epilim dilantin topamax oxycontin vicodin percocet
    suboxone subutex narcan imitrex imigran singulair advair seretide ventolin symbicort spiriva
    flonase claritin clarityn zyrtec benadryl tylenol panadol calpol advil motrin nurofen aleve
    celebrex voltaren voltarol mobic arcoxia augmentin zithromax bactrim septrin diflucan tamiflu
    valtrex truvada biktarvy epclusa sovaldi harvoni paxlovid veklury isentress glivec gleevec
    sprycel tasigna iressa tarceva gilotrif giotrif xalkori alecensa lorbrena zelboraf tafinlar
    mekinist ibrance kisqali verzenio lynparza zejula imbruvica calquence venclexta venclyxto
    revlimid velcade kyprolis darzalex xtandi zytiga nolvadex arimidex femara aromasin taxol
    taxotere xeloda lumakras krazati xeljanz olumiant rinvoq otezla sotyktu jakafi jakavi accutane
    roaccutane cialis levitra propecia premarin synthroid fosamax boniva evista
    mdma heroin cocaine lsd ghb amphetamine methamphetamine mescaline psilocybin psilocin ibogaine
    ketamine esketamine methadone nicotine thc tetrahydrocannabinol cannabidiol ethanol paraquat
    thalidomide lidocaine lignocaine adrenaline epinephrine noradrenaline norepinephrine
    melatonin theophylline theobromine quinine codeine atropine strychnine ephedrine scopolamine
    """.split()
)
"""Brand names and substances, in lower case, that mean nothing else."""

IN_PLACE = frozenset(
    """
    insulin testosterone estradiol oestradiol progesterone cortisol dopamine serotonin histamine
    glucose lactose sucrose glycerol urea acetone methanol benzene toluene phenol ammonia lithium
    mercury arsenic vitamin penicillin opium cannabis alcohol oxygen cholesterol melatonin
    curcumin resveratrol quercetin strychnine cyanide chlorine
    """.split()
)
"""Substances that a question speaks of in other ways too: molecules where a name would stand."""
