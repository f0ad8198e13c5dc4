"""The posterior by integration: a third opinion, independent of EM and of the chains, with an error of its own.

The posterior has four dimensions and its likelihood costs a few hundred points at any n, so every mean, standard
deviation and interval end is an integral that can simply be computed. Begin with ``integrate``.
"""
