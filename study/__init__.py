"""The two experiments as plain data and pure functions, without oTree and without pandas.

Both sides of the project read this package: the apps, which run the experiments, and
``analysis/``, which evaluates them. It says what the arms are (`experiments`), how they are
drawn (`randomization`), which parameters a session has (`parameters`), what people are paid
(`pay`), which columns the data have (`columns`), what participants read (`content`) and how
simulated participants behave (`behaviour`).
"""
