"""One mixture model, estimated by a hand-written EM and by PyMC, and a verdict on whether the two agree.

    x ~ weight * N(mu1, sigma^2) + (1 - weight) * N(mu2, sigma^2),    mu1 <= mu2

The public names stand in ``__init__.pyi`` and are loaded when they are first used: importing the package loads neither
PyMC nor matplotlib.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
