"""From oTree's CSV files to data frames.

``csv_files`` finds and reads files, ``reading`` puts any oTree project's exports together
(`read_export`), ``participants`` makes one typed row per participant of the experiments (`load`)
and ``derived`` adds what is computed from other columns. ``checks`` lists what is wrong with an
export, as ``problems``; ``codebook`` explains every column.
"""
