"""From oTree's CSV files to data frames.

``csv_files`` finds and reads files, ``reading`` puts any oTree project's exports together
(`read_export`), ``participants`` makes one typed row per participant of the studies (`load`) and
``derived`` adds what is computed from other columns. ``checks`` lists what is wrong with an
export, as ``problems``, for which ``seats`` shows a row to the steps; ``codebook`` explains every
column. ``declared`` is what the studies declare and where earlier versions put it, ``otree`` what
oTree itself writes.
"""
