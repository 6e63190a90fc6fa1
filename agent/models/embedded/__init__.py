"""The embedded model: no download, no GPU.

A learned planner picks tools; answers are written from their records. ``chat.EmbeddedChatModel`` is
the door; nothing is imported here.
"""
