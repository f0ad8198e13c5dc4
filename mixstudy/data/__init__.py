"""The observations: a weighted sample, made from arrays or read from files of any size.

``sample`` holds what every estimator takes and the checks that data must pass; ``read`` makes a sample from files.
Begin with ``sample.WeightedSample``.
"""
