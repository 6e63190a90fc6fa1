"""Literature triage: which of many records are relevant, while reading as few as possible."""
