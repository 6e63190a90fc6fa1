"""What the tests of the loop share."""

from __future__ import annotations

import pytest
from scripted import Toys


@pytest.fixture
def toys() -> Toys:
    """Toy tools that count how often they ran."""
    return Toys()
