"""What the model may call: typed arguments in, evidence out."""
