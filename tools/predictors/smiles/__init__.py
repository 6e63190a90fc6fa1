"""Retort's SMILES transformer as it runs: tokens and network.

Knows nothing of how it was trained, which stands in ``training``.
"""
