"""Who is in the control panel."""

import pytest

from tests.factories import an_administrator


@pytest.fixture
def keeper(visit):
    """An administrator's browser."""
    return visit(an_administrator())
