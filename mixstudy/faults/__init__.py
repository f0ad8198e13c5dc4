"""Known mistakes in estimating this mixture: made on purpose, and recognised in somebody's numbers.

``catalogue`` lists them with the wrong line of mathematics and the right one; ``reproduce`` makes them, and the modules
``by_...`` recognise them in an estimate, a trace, the data or posterior draws. Begin with ``catalogue.FAULTS``.
"""
