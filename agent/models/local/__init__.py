"""``hf:``: language models that run here, through transformers."""
