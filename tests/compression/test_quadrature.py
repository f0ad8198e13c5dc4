"""Gauss points keep the sums that they are made from."""

from __future__ import annotations

import numpy as np
import pytest

from mixstudy.compression.quadrature import gauss_points


@pytest.mark.parametrize("p", [2, 6, 15])
def test_gauss_points_are_the_textbooks(p):
    """The sums of an even spread give Gauss and Legendre's points and weights, as NumPy has them."""
    t, w = np.polynomial.legendre.leggauss(40)
    sums = w @ np.polynomial.chebyshev.chebvander(t, 2 * p - 1)
    points, weights = gauss_points(sums[None])
    exact = np.polynomial.legendre.leggauss(p)
    np.testing.assert_allclose(points[0], exact[0], atol=1e-12)
    np.testing.assert_allclose(weights[0], exact[1], atol=1e-12)


def test_few_distinct_values_are_their_own_points():
    """Three values in a cell are found again, with their counts, however many points were asked for."""
    values, counts = np.array([-0.5, 0.1, 0.8]), np.array([3.0, 10.0, 2.0])
    points, weights = gauss_points((counts @ np.polynomial.chebyshev.chebvander(values, 11))[None])
    kept = weights[0] > 0
    np.testing.assert_allclose(points[0][kept], values, atol=1e-9)
    np.testing.assert_allclose(weights[0][kept], counts, rtol=1e-9)
