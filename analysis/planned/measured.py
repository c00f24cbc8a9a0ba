"""Which columns of a study a plan may use as outcome, and which were measured before treatment."""

from __future__ import annotations

from analysis.planned.tables import Table, choices
from study.study import Study

NUMERIC = ("boolean", "integer", "number", "money")


def numeric_columns(study: Study) -> tuple[str, ...]:
    """The columns and measures of a study's participants that can be outcome or covariate."""
    numbers = (name for name, column in study.columns.items() if column.type in NUMERIC)
    return tuple(dict.fromkeys([*numbers, *study.measures]))


def measured_before(study: Study, *, words: bool = False) -> tuple[str, ...]:
    """Those measured before the arm is drawn, which alone may be covariates or moderators.

    ``words``: those in words too, which may be covariates (`analysis.planned.coding`).
    """
    known = set(numeric_columns(study))
    if words:
        choices = (c for c in study.columns.values() if c.type == "choice")
        known |= {column.name for column in choices if column.answers or column.always}
    return tuple(name for name in dict.fromkeys(study.written_before) if name in known)


def before(entry: Table, key: str, study: Study, *, words: bool = False) -> tuple[str, ...]:
    """Names of what was measured before the arm was drawn."""
    written = entry.values.get(key)
    for name in written if isinstance(written, list) else []:
        _refuse_later(entry, key, f"names {name!r}", name, study)
    return entry.names(key, measured_before(study, words=words))


def one_before(entry: Table, key: str, study: Study) -> str:
    _refuse_later(entry, key, f"is {entry.values[key]!r}", entry.values[key], study)
    return entry.choice(key, measured_before(study))


def _refuse_later(entry: Table, key: str, said: str, name: object, study: Study) -> None:
    """Refuses what treatment may have changed, and says in which step it is measured."""
    if name in study.written_before:
        return
    for step in study.path:
        written = [column.name for column in step.columns(study)]
        written += [measure.name for measure in step.measures(study)]
        if name in written:
            entry.refuse(
                key,
                f"{key} {said}, which is measured after the arm is drawn ({step.place}, "
                f"{step.name}), so treatment may change it.{choices('', measured_before(study))}",
            )
