"""The lessons as pages that need no network: formulas in MathML, which every browser draws, and words for figures.

uv run python notebooks/pages.py [FOLDER]    # reference/lessons by default
"""

import re
import sys
from html import escape
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbconvert import HTMLExporter

HERE = Path(__file__).parent
FORMULA = re.compile(r"\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.DOTALL)
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
"""What stands in code is no formula."""
NO_WORDS = "No description has been provided for this image"
"""What nbconvert says of every figure."""
SCROLLING = re.compile(
    r'<(?=div class="highlight|div class="[^"]*jp-OutputArea-output|math[^>]* display="block"|pre>)(\w+)'
)
"""What may be wider than the window, and so must be reached by the keyboard."""
EMPTY = re.compile(r"<th([^>]*)>(?:\s|&nbsp;)*</th>")
"""The corner of a table, which is no heading."""
STYLE = """<style>
:root {
  --jp-mirror-editor-number-color: #007000; --jp-mirror-editor-operator-color: #9010e0;
  --jp-mirror-editor-comment-color: #306868;
}
body { max-width: 62rem; margin: auto; padding: 0 1rem; }
.jp-InputPrompt, .jp-OutputPrompt { display: none; }
.jp-RenderedHTMLCommon p, .jp-RenderedHTMLCommon li { line-height: 1.5; }
img { max-width: 100%; height: auto; }
math { font-size: 1.15em; }
math[display=block] { overflow-x: auto; overflow-y: hidden; max-width: 100%; padding: .4rem 0; }
.jp-RenderedHTMLCommon, .jp-OutputArea-output, .jp-InputArea-editor, .highlight { overflow-x: auto; min-width: 0; }
.jp-OutputArea-output pre, .jp-RenderedHTMLCommon pre, .jp-RenderedHTMLCommon pre code {
  white-space: pre; word-break: normal; overflow-wrap: normal;
}
.jp-RenderedHTMLCommon td:last-child { white-space: normal; }
details > summary { margin-bottom: .5rem; }
@media (max-width: 48rem) { .jp-RenderedImage img { max-width: none; } }
@media screen and (prefers-color-scheme: dark) { html { filter: invert(.9) hue-rotate(180deg); } }
</style></head>"""


def formulas_drawn(text: str) -> str:
    """Markdown with MathML in place of its formulas; code is left alone."""
    parts = CODE.split(text)
    return "".join(
        part if k % 2 else FORMULA.sub(_drawn, part) for k, part in enumerate(parts)
    )


def _drawn(found: re.Match[str]) -> str:
    kind = found.lastgroup
    tex = re.sub(r"\s+", " ", found[kind]).replace(r"\bigl", "").replace(r"\bigr", "")
    return convert(tex, display=kind)


def page(path: Path) -> str:
    """A lesson as HTML that loads nothing."""
    lesson = nbformat.read(path, 4)
    words = []
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas_drawn(cell.source)
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                words.append(output.metadata.get("image/png", {}).get("alt", NO_WORDS))
    exporter = HTMLExporter(
        mathjax_url="", require_js_url="", mermaid_js_url="", sanitize_html=False
    )
    html, _ = exporter.from_notebook_node(
        lesson, {"metadata": {"name": lesson.cells[0].source.split("\n")[0][2:]}}
    )
    html = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    told = iter(words)
    html = re.sub(f'alt="{NO_WORDS}"', lambda _: f'alt="{escape(next(told))}"', html)
    html = SCROLLING.sub(r'<\1 tabindex="0"', EMPTY.sub(r"<td\1></td>", html))
    return html.replace("</head>", STYLE, 1)


def main(folder: Path) -> None:
    """Write a page for every lesson."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(HERE.glob("*.ipynb")):
        (folder / f"{path.stem}.html").write_text(page(path), "utf-8")
        print(folder / f"{path.stem}.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "reference/lessons")
