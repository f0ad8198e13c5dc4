"""The public face does not change by accident."""

import mixstudy as ms


def test_every_public_name_resolves():
    """Each name of the stub is found where it says it lives."""
    assert "compare" in ms.__all__
    for name in ms.__all__:
        assert getattr(ms, name) is not None
    assert callable(ms.compare)
