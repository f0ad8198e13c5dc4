"""What is installed is the built wheel: it holds everything the package needs, and runs far from the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import mixstudy as ms

UV = shutil.which("uv")
ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(UV is None, reason="building the wheel takes uv, which is not installed")


def run(*command: object, cwd: Path) -> str:
    """Run a program without this process's Python settings, and give what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=clean, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--wheel", "--python", sys.executable, "--out-dir", folder, ROOT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def binaries(wheel: Path) -> Path:
    """Where the programs are of a new environment that has the wheel, and sees this one's other packages after it."""
    folder = wheel.parent / "fresh"
    run(UV, "venv", "--python", sys.executable, folder, cwd=wheel.parent)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    run(UV, "pip", "install", "--no-deps", "--python", binaries / "python", wheel, cwd=wheel.parent)
    own = run(binaries / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    (Path(own) / "others.pth").write_text(sysconfig.get_path("purelib"))
    take_kernels(Path(own))
    return binaries


def take_kernels(there: Path) -> None:
    """Spare the installed package to compile its kernels anew, for half a minute, where this one's are compiled.

    Numba takes on what it has kept where source and its date are the same.
    """
    for kept in (ROOT / "mixstudy").rglob("*.nb[ci]"):
        place, source = there / kept.parent.relative_to(ROOT), kept.parents[1] / f"{kept.name.split('.')[0]}.py"
        place.mkdir(exist_ok=True)
        shutil.copy2(kept, place)
        shutil.copystat(source, place.parent / source.name)


def test_the_wheel_holds_the_package(wheel: Path):
    """Every file of the package is in it, templates, data and the mark of types among them, and the licence."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mixstudy").rglob("*") if path.is_file()}
    wanted = {name for name in files if "__pycache__" not in name}
    assert wanted <= held
    assert {"mixstudy/py.typed", "mixstudy/data/old_faithful.csv", "mixstudy/report/templates/report.html"} <= held
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert not any(name.startswith(("tests/", "notebooks/")) for name in held)


def test_the_installed_package_is_found_with_its_files(binaries: Path, tmp_path: Path):
    """Away from the repository the package is the wheel's, and its templates and data load."""
    code = (
        "import mixstudy, jinja2; print(mixstudy.__file__);"
        "print(mixstudy.old_faithful().n);"
        "assert 'report.html' in jinja2.PackageLoader('mixstudy.report').list_templates()"
    )
    place, n = run(binaries / "python", "-c", code, cwd=tmp_path).split()
    assert Path(place).is_relative_to(binaries.parent)
    assert n == "272.0"


def test_the_installed_command_runs(binaries: Path, tmp_path: Path):
    """``mixstudy`` and ``python -m mixstudy`` fit a file of another folder."""
    assert run(binaries / "mixstudy", "--version", cwd=tmp_path).startswith("mixstudy 0.")
    x = ms.old_faithful().points
    (tmp_path / "waiting.csv").write_text("\n".join(["waiting", *map(str, x)]))
    numbers = run(binaries / "python", "-m", "mixstudy", "fit", "waiting.csv", "--quiet", cwd=tmp_path)
    assert numbers.startswith("0.36084")
