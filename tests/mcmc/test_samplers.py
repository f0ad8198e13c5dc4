"""The model is compiled for the sampler once in a process."""

from mixstudy.mcmc.samplers import compile_model


def test_compiled_once_in_a_process(compiled):
    """Compiling again gives the same object at once."""
    assert compile_model() is compiled
