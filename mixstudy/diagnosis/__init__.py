"""Is somebody's estimate right, and if it is not, which mistake was made?

``inputs`` reads estimates, traces and draws as people print them; ``check`` holds them against the likelihood, the
catalogue of mistakes and the posterior. Begin with ``check.check_estimate``.
"""
