"""``python -m mixstudy`` is the command ``mixstudy``."""

from mixstudy.cli.app import app

if __name__ == "__main__":
    app(prog_name="mixstudy")
