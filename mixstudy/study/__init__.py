"""Many data sets: how often are EM, the posterior and the verdict right?

``run`` is the engine that spreads tasks over workers and survives a kill; ``replicate``, ``calibrate`` and ``power``
are the studies that it runs. Begin with ``design.Design`` and ``replicate.run_study``.
"""
