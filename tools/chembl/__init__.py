"""ChEMBL behind one interface: the web service, a local SQLite file, the shipped starter file."""
