"""What the pages of any study take, worked out from the columns that its steps declare."""

from __future__ import annotations

from steps.comprehension import Comprehension
from study.finding import studies
from study.study import Study

USUAL_NUMBER = 20


def study_at(url: str) -> Study:
    """The study to which a page belongs, by the page's address."""
    address = url.split("/p/")[1].split("/")[1]
    return next(study for study in studies().values() if study.address == address)


def right_answers(study: Study) -> dict[str, str]:
    """The answers with which one passes the questions that must all be right."""
    return {n: right for s in study.of_type(Comprehension) for n, right in s.right.items()}


def fitting(study: Study, name: str) -> str:
    """What a page takes in the field ``name``: yes, the last of several answers, no text."""
    column = study.columns.get(name)
    if column is None or not column.answers or column.type == "text":
        return ""
    if name in (right := right_answers(study)):
        return right[name]
    if column.values:
        return list(column.values)[-1]
    if column.type == "boolean":
        return "True"
    low, high = column.min or 0, USUAL_NUMBER if column.max is None else column.max
    return str(int(max(low, min(USUAL_NUMBER, high))))
