"""Reports: what was found as HTML, Markdown, LaTeX, JSON, CSV and tables for the terminal. Nothing is estimated here.

``comparison`` and ``study`` say what there is to say as a ``document``; ``render`` writes it in a format; ``folder``
puts the files in place, all of them or none.
"""

from mixstudy.report.console import console_checks, console_table
from mixstudy.report.content import as_json, plain, provenance
from mixstudy.report.folder import FILES, OutputError
from mixstudy.report.writing import FORMATS, check_output, parse_formats, write_report

__all__ = [
    "FILES",
    "FORMATS",
    "OutputError",
    "as_json",
    "check_output",
    "console_checks",
    "console_table",
    "parse_formats",
    "plain",
    "provenance",
    "write_report",
]
