"""The planned analysis: the plan as data, the whole table of its estimates, and its text.

``plan`` reads and checks each study's `plan.toml`, ``estimate`` carries it out, ``preregister``
writes it under the headings of the usual registries, ``comparison`` holds it against the plan that
was registered. Nothing here knows how a report looks.
"""
