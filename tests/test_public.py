"""The public face does not change by accident."""

import mixstudy as ms
from mixstudy import _HOME


def test_every_public_name_resolves():
    """Each public name is found where the package says it lives, and nothing else is public."""
    assert sorted(ms.__all__) == sorted(name for names in _HOME.values() for name in names)
    for name in ms.__all__:
        assert getattr(ms, name) is not None
    assert callable(ms.compare)
