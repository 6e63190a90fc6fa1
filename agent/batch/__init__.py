"""Scripted questions: a file of questions in, a file of cited answers out, never starting over."""
