"""Maximum likelihood by a hand-written EM, and how uncertain its estimate is.

``algorithm`` is EM itself, compiled; ``run`` is its one entrance, for many fits at once or one step by step: starts,
bootstrap replicates, null data sets and profile points all go through it. ``likelihood`` has score and information.
Nothing here knows of PyMC. Begin with ``algorithm.climb``, then ``fit.fit_em``.
"""
