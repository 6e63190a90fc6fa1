"""The embedded model: no download, no GPU. A learned planner picks tools; answers are written from
records.
"""
