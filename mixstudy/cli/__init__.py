"""The command ``mixstudy``.

Each command is a module of its own, ``app`` registers them, ``options`` holds the options that several share and
``terminal`` prints. Begin with ``app``, then ``study``.
"""
