"""Two profiles of the property-based tests: the same examples within a minute, or others for as long as is asked."""

import time

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("hours", settings.get_profile("quick"), derandomize=False, print_blob=True)


def pytest_configure(config):
    """Choose the profile; the settings of each test are made from it."""
    settings.load_profile("hours" if config.getoption("--fuzz-hours") else "quick")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Repeat each property, each time with other examples, for its share of the hours."""
    hours = pyfuncitem.config.getoption("--fuzz-hours")
    properties = [item for item in pyfuncitem.session.items if hasattr(getattr(item, "obj", None), "hypothesis")]
    if not hours or not hasattr(pyfuncitem.obj, "hypothesis"):
        return (yield)
    end = time.monotonic() + hours * 3600 / len(properties)
    result = yield
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    while time.monotonic() < end:
        pyfuncitem.obj(**arguments)
    return result
