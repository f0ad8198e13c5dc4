"""``python -m mixstudy`` is the command ``mixstudy``."""

from mixstudy.cli import app

if __name__ == "__main__":
    app(prog_name="mixstudy")
