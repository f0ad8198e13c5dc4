"""``help()`` is enough: public names say what they are, their parameters, fields and units."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from itertools import pairwise

import pytest

import mixstudy as ms
import mixstudy.arviz
import mixstudy.data.read
import mixstudy.sklearn

ADAPTORS = (mixstudy.sklearn.SharedSigmaMixture, mixstudy.arviz.for_arviz, mixstudy.data.read.old_faithful)
CALLABLES = {each.__name__: each for each in (*(getattr(ms, name) for name in ms.__all__), *ADAPTORS) if callable(each)}
CLASSES = {name: each for name, each in CALLABLES.items() if inspect.isclass(each)}
RECORDS = {name: each for name, each in CLASSES.items() if is_dataclass(each)}
FUNCTIONS = {name: each for name, each in CALLABLES.items() if inspect.isfunction(each)}
METHODS = {
    f"{name}.{member}": inspect.unwrap(getattr(value, "__func__", getattr(value, "fget", value)) or value)
    for name, each in CLASSES.items()
    for member, value in vars(each).items()
    if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, (property, classmethod)))
}
FEW = 2
"""Parameters that the first lines of a docstring can tell about without a section of their own."""


def parameters(function) -> list[str]:
    """Names that a caller passes."""
    return [name for name in inspect.signature(function).parameters if name not in {"self", "cls"}]


def documented(each: type) -> set[str]:
    """Fields of a class that have a line of documentation under them."""
    body = ast.parse(inspect.getsource(each)).body[0].body
    return {
        one.target.id
        for one, two in pairwise(body)
        if isinstance(one, ast.AnnAssign) and isinstance(two, ast.Expr) and isinstance(two.value, ast.Constant)
    }


@pytest.mark.parametrize("name", CALLABLES | METHODS)
def test_everything_public_says_what_it_is(name):
    """Classes, functions, methods and properties have a docstring of their own, its first line a sentence."""
    text = inspect.cleandoc((CALLABLES | METHODS)[name].__doc__ or "")
    first = text.split("\n\n")[0]
    assert re.search(r"[.:?]`*$", first), f"{name}: {first!r}"
    assert not text.startswith(f"{name}("), f"{name} has the docstring that dataclass made"


@pytest.mark.parametrize("name", [name for name, each in (FUNCTIONS | METHODS).items() if inspect.isfunction(each)])
def test_parameters_are_told(name):
    """More than two parameters are listed under Args, and where there is such a list nothing is left out."""
    function = (FUNCTIONS | METHODS)[name]
    names, text = parameters(function), inspect.getdoc(function) or ""
    if len(names) > FEW or "Args:" in text:
        listed = re.findall(r"^    (\w+):", text.partition("Args:")[2].partition("Returns:")[0], re.MULTILINE)
        assert set(names) - set(listed) == set(), name


@pytest.mark.parametrize("name", RECORDS)
def test_fields_are_told(name):
    """Each field of a result has a line of documentation, here or in the class that it comes from."""
    each = RECORDS[name]
    told = set().union(*(documented(base) for base in each.__mro__ if is_dataclass(base)))
    assert {field.name for field in fields(each)} <= told


@pytest.mark.parametrize("name", [name for name, each in FUNCTIONS.items() if "raise " in inspect.getsource(each)])
def test_what_is_raised_is_told(name):
    """A function that raises says so."""
    assert "Raises:" in (FUNCTIONS[name].__doc__ or "")


def test_help_lists_the_public_names():
    """``help(mixstudy)`` and completion in a console know every public name, before any was used."""
    code = "import mixstudy; print({*mixstudy.__all__} - {*dir(mixstudy)})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "set()"
