"""Any number of observations as a few hundred weighted points with the same likelihood, and a bound on the error.

``lattice`` sums powers of the observations over cells, ``quadrature`` turns a cell's sums into Gauss points, and
``certificate`` proves the result on the data. Begin with ``compress.compress``.
"""
