"""What was found as HTML, Markdown, LaTeX, JSON and CSV. Nothing is estimated here.

``comparison`` and ``study`` say what there is to say as a ``document``; ``render`` writes it in a format; ``folder``
puts the files in place, all of them or none. Begin with ``write.write_report``.
"""
