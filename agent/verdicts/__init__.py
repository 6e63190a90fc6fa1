"""Whether a cited sentence says what the statement that cites it says: a judge's opinion.

``judge`` is the face; ``head`` the small network that ships; ``network`` its arithmetic; ``pairs``,
``edits`` and ``train`` how it came about. Knows neither markers nor doors.
"""
