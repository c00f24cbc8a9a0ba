"""What a study is, as plain data and pure functions: no oTree, no pandas.

    study.py          a study, its arms and factors; step.py a step; columns.py a column
    platform.py       columns and parameters that every study has
    parameters.py     what a session may change, and what is allowed
    acts.py           what a simulated person does at a step; journey.py plays a whole study
    randomization.py  how arms are drawn; pay.py what people are paid
    words.py          what participants read; messages.py the messages of the arms
    finding.py        the studies of this project; problems.py what is wrong in their files

The server, the simulated people and `analysis/` all read this package.
"""

from study.pay import Pay
from study.study import Arm, Factor, Study

__all__ = ["Arm", "Factor", "Pay", "Study"]
