"""The public face does not change by accident."""

from importlib import metadata

import mixstudy as ms


def test_every_public_name_resolves():
    """Each name of the stub is found where it says it lives."""
    assert "compare" in ms.__all__
    for name in ms.__all__:
        assert getattr(ms, name) is not None
    assert callable(ms.compare)


def test_the_version_is_the_installed_one():
    """The package tells its version, which the metadata have from it."""
    assert ms.__version__ == metadata.version("mixstudy")


def test_completion_shows_public_names_alone():
    """A console completes what is public and nothing else."""
    assert set(dir(ms)) == set(ms.__all__)
    assert set(dir(ms.plots)) == set(ms.plots.__all__)
