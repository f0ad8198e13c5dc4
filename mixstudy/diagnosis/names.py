"""Which parameter a name means: the spellings of PyMC, Stan, JAGS, brms, scikit-learn, R and of people.

A name is a base and an index: ``mu[1]``, ``mu.1``, ``mu_1``, ``b_mu1_Intercept`` and ``μ1`` are all ``("mean", 1)``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

ROLES = {
    "weight": "weight weights w pi pis p prob prop mix mixing mixingweight mixingproportion theta thetas lambda phi",
    "mean": "mean means mu mus m location loc center centre",
    "sigma": "sigma sigmas s sd sds std stds stdev stddev scale standarddeviation",
    "loglik": "loglik loglikelihood loglike logl ll llh lnl lp logprob likelihood lik objective obj",
    "iteration": "iteration iterations iter it step steps epoch itr round index ind row no",
}
"""Base names of each role, letters only and in lower case."""
SQUARES = "var vars variance variances cov covs covariance covariances prec precision tau sigmasq sigmasquared sdsq"
"""Names that stand where sigma should: the numbers are handed on as they are, with a note."""
MEANING = {
    **{name: role for role, names in ROLES.items() for name in names.split()},
    **dict.fromkeys(SQUARES.split(), "sigma"),
}
GREEK = str.maketrans({"µ": "mu", "μ": "mu", "σ": "sigma", "π": "pi", "θ": "theta", "λ": "lambda", "τ": "tau"})
INDEXED = re.compile(r"([^\W\d]*?)(\d*)", re.ASCII)
DECORATION = re.compile(r"^b_|_intercept$|_hat$|^hat_|^est_|^new_|_new$|_est$")


def meaning(name: str) -> tuple[str, int | None] | None:
    """The role that a name stands for and its index, or None where it is no name of a parameter.

    ``sigma2`` and ``sigma^2`` have index 2; whether a square is meant is told by whether there is a ``sigma1``.
    """
    plain = unicodedata.normalize("NFKC", name.strip().translate(GREEK)).casefold()
    plain = DECORATION.sub("", plain).replace("**", "")
    found = INDEXED.fullmatch(re.sub(r"[\s_.,\[\](){}\"'$^-]+", "", plain))
    if found is None or found[1] not in MEANING:
        return None
    return MEANING[found[1]], int(found[2]) if found[2] else None


def places(names: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
    """The names of each role with their indices, in the order of the indices; ``-1`` where there is none."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        meant = meaning(name)
        if meant is not None:
            found.setdefault(meant[0], []).append((-1 if meant[1] is None else meant[1], name))
    return {role: sorted(each) for role, each in found.items()}


def is_square(names: Iterable[str]) -> bool:
    """Whether sigma goes by a name that says variance or precision."""
    plain = [re.sub(r"[\W_]", "", name.translate(GREEK).casefold()) for name in names]
    return any(re.sub(r"\d", "", name) in SQUARES.split() for name in plain) or (
        len(plain) == 1 and plain[0][-1] == "2"
    )
