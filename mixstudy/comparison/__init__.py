"""Do EM and the posterior agree, and is each of them right?

``evidence`` gathers what the two say about the same data, ``checks`` judges it, and ``compare`` draws the verdict.
Begin with ``compare.compare``, then ``checks.CHECKS``.
"""
