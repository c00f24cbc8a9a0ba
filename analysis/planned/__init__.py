"""The planned analysis: the plan as data, the whole table of its estimates, and its text.

``plan`` reads and checks each study's `plan.toml` (``measured``: what may be a covariate),
``estimate`` carries it out, ``patterns`` judges claims of several families as one; ``robustness``,
``exploratory`` and ``validity`` look at what decides nothing. ``preregister`` writes the plan
under the headings of the usual registries, ``comparison`` holds it against the one that was
registered. Nothing here knows how a report looks.
"""
