"""The house has its wings one above the other, and imports run downstairs."""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "mixstudy"
STOREYS = [
    {"model"},
    {"data"},
    {"compression"},
    {"integral"},
    {"em", "mcmc"},
    {"faults", "sklearn", "arviz"},
    {"comparison"},
    {"diagnosis"},
    {"study"},
    {"plots"},
    {"report"},
    {"cli"},
    {"__init__", "__main__"},
]
"""Wings of one storey do not know each other: that EM and the posterior are independent is the point of the project."""
STOREY = {wing: height for height, wings in enumerate(STOREYS) for wing in wings}
MODULES = sorted(HOUSE.rglob("*.py"))


def wing(module: str) -> str:
    """The wing in which a dotted module lives."""
    return module.removeprefix("mixstudy").removeprefix(".").split(".")[0]


def imports(path: Path) -> list[tuple[str, str]]:
    """Module and name of everything that a file takes from the package, inside functions too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mixstudy":
            found += [(node.module, name.name) for name in node.names]
        elif isinstance(node, ast.Import):
            found += [(name.name, "") for name in node.names if name.name.startswith("mixstudy.")]
    return found


def test_every_wing_has_its_storey():
    """A new wing takes its place in the order."""
    assert {path.relative_to(HOUSE).parts[0].removesuffix(".py") for path in MODULES} == set(STOREY)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_run_downstairs(path):
    """A module imports from its own wing and from the storeys below, and never a private name."""
    home = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    for module, name in imports(path):
        there = wing(module) or name
        assert there == home or STOREY[there] < STOREY[home], f"it climbs to {module}"
        assert not name.startswith("_"), f"it takes the private {name} from {module}"


@pytest.mark.parametrize("wing_folder", sorted({path.parent for path in MODULES} - {HOUSE}), ids=lambda path: path.name)
def test_a_wing_opens_with_a_sentence_and_loads_nothing(wing_folder):
    """A wing's own module is a docstring that says where to begin; the figures' names are loaded when they are used."""
    source = ast.parse((wing_folder / "__init__.py").read_text())
    assert "Begin with" in ast.get_docstring(source)
    if wing_folder.name != "plots":
        assert len(source.body) == 1
