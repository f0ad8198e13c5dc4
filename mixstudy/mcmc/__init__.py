"""The same model in PyMC: sampled by NUTS from dispersed starting points, its chains diagnosed.

``model`` writes the model from PyMC's own distributions and ``samplers`` draws from it; these two alone import PyMC.
Nothing here knows of EM. Begin with ``model.build_model``, then ``posterior.sample_posterior``.
"""
