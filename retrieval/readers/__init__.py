"""One file per format; what a file is is decided by its content."""
