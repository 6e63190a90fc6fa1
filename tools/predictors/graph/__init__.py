"""A directed message-passing network over molecular graphs: what is needed to run one.

``graphs`` needs RDKit and NumPy, ``network`` needs torch; importing this package needs neither.
"""
