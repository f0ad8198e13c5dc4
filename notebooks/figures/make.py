"""Remake the README's figure: the default study's data with both fitted densities."""

from pathlib import Path

from matplotlib.figure import Figure

import mixstudy as ms
from mixstudy.plots import plot_data

x = ms.simulate(ms.ORIGIN, n=10_000, seed=0)
result = ms.compare(ms.fit_em(x), ms.sample_posterior(x, seed=0), truth=ms.ORIGIN)
figure = Figure(figsize=(7, 3.6), layout="constrained")
plot_data(result, figure.subplots())
figure.savefig(Path(__file__).parent / "both-densities.png", dpi=120)
