"""Prompts: one Markdown file each, loaded by name with checked placeholders."""
