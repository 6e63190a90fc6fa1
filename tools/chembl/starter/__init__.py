"""The starter ChEMBL file: well-studied drugs in the schema of ChEMBL, built from reviewed
tables."""
