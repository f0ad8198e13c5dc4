"""Remake the README's figures of the default study: its data with both fitted densities, and EM's climb as a GIF."""

from pathlib import Path

import mixstudy as ms
from mixstudy.plots.em import animate_em
from mixstudy.plots.output import save
from mixstudy.plots.style import figure_of
from mixstudy.plots.data import plot_data

HERE = Path(__file__).parent

x = ms.simulate(ms.ORIGIN, n=10_000, seed=0)
result = ms.compare(ms.fit_em(x), ms.sample_posterior(x, seed=0), truth=ms.ORIGIN)
save(figure_of(plot_data(result)), HERE / "both-densities.png")
animate_em(result, HERE / "em.gif")
