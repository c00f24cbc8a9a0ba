"""The statistics of the planned analysis: one fit, one law, one rule for what may be said.

``fit`` is the regression and its contrasts; ``randomization`` recomputes exactly its t under other
assignments; ``families`` adjusts claims that are judged together; ``claims`` says what was claimed
and whether it is won; ``looks`` spends the error over planned looks. These five take arrays.
``sample`` makes the arrays from a data frame, ``contrast`` is the public door to all of it.
"""
