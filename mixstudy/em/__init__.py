"""Maximum likelihood by a hand-written EM, and how uncertain its estimate is.

``algorithm`` is EM itself, ``likelihood`` its E-step's sums with score and information, ``profile`` and ``bootstrap``
give intervals. Nothing here knows of PyMC. Begin with ``algorithm``, then ``fit.fit_em``.
"""
