"""Sets of molecules: scaffolds, common cores, R-groups, matched pairs, clusters, picks, conformers.

Each module owns one question and knows no file, no tool and no model; ``analyses`` words the
answers and ``tool`` hands them to a model.
"""
