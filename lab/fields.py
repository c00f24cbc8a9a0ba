"""Database fields made from the columns of a study, and the questions that fill them.

A form field reaches its template as one plain dictionary, so that the components in
`_templates/fields/` need no logic of their own.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from otree.api import models, widgets

from lab import wording
from study import words
from study.columns import Column


def of(columns: Mapping[str, Column]) -> dict[str, Any]:
    """The database fields of ``columns``, by name."""
    return {name: _field(column) for name, column in columns.items()}


def _field(column: Column) -> Any:
    options: dict[str, Any] = {"blank": column.optional}
    if column.type == "boolean":
        field = models.BooleanField(widget=widgets.RadioSelect, **options)
    elif column.is_scale:
        field = models.IntegerField(choices=scale(column), widget=widgets.RadioSelect, **options)
    elif column.type == "integer":
        field = models.IntegerField(min=column.min, max=column.max, **options)
    elif column.type in ("number", "timestamp"):
        field = models.FloatField(**options)
    elif column.type == "money":
        field = models.CurrencyField(**options)
    elif column.type == "text":
        # Not LongStringField: that one takes texts of any length.
        field = models.StringField(max_length=int(column.max or 10_000), **options)
    elif column.answers:
        field = models.StringField(
            choices=list(column.values), widget=widgets.RadioSelect, **options
        )
    else:
        field = models.StringField(**options)
    # What oTree stores when the experimenter advances a participant: nothing, never 0.
    field.auto_submit_default = None
    return field


def scale(column: Column) -> list[int]:
    assert column.min is not None
    assert column.max is not None
    return list(range(int(column.min), int(column.max) + 1))


# ------------------------------------------------------------------------------- questions


def question(
    form_field: Any,
    column: Column,
    texts: Mapping[str, Any],
    language: str,
    typed: str | None = None,
) -> dict[str, Any]:
    """One form field as its component in `_templates/fields/` needs it, ready for HTML.

    typed: what was sent, shown again also when it was not accepted; None: the page is new.
    """
    stored = "" if form_field.data is None else str(form_field.data)
    shown = stored if typed is None else typed
    error = _error(form_field, column, texts, language, shown)
    return _view(
        _kind(column),
        column.name,
        optional=column.optional,
        label=texts["label"],
        hint=texts.get("hint", ""),
        low=texts.get("low", ""),
        high=texts.get("high", ""),
        error=error,
        summary=_summary(error, texts, language),
        value=shown,
        options=_options(column, texts, shown),
        min="" if column.min is None else int(column.min),
        max="" if column.max is None else int(column.max),
    )


def line(name: str, *, label: str, hint: str, value: str, error: str) -> dict[str, Any]:
    """A short text that is not one of the data, as `_templates/fields/line.html` needs it."""
    return _view("line", name, label=label, hint=hint, value=value, error=error)


def checkbox(name: str, *, label: str, checked: bool) -> dict[str, Any]:
    """A box to tick, as `_templates/fields/checkbox.html` needs it.

    Not for data: a box that is not ticked looks the same whether somebody decided so or not, while
    what was not answered must stay empty. Ask for a choice between yes and no instead.
    """
    return _view("checkbox", name, label=label, checked=checked)


def _view(
    kind: str, name: str, *, hint: str = "", error: str = "", value: str = "", **more: Any
) -> dict[str, Any]:
    """A field ready for HTML, with what ties hint and error to it."""
    texts = {"hint": hint, "error": error}
    view = {
        "name": name,
        "id": f"id_{name}",
        "kind": kind,
        "template": f"fields/{kind}.html",
        "describedby": " ".join(f"id_{name}-{part}" for part, text in texts.items() if text),
        "summary": error,
    }
    # What somebody typed is not one of our texts: its asterisks mean nothing.
    return {**words.to_html(view | texts | more), "value": html.escape(value)}


def _kind(column: Column) -> str:
    if column.type == "integer":
        return "scale" if column.is_scale else "number"
    return "text" if column.type == "text" else "choice"


def _options(column: Column, texts: Mapping[str, Any], chosen: str) -> list[dict[str, Any]]:
    if _kind(column) == "scale":
        labels = {str(step): str(step) for step in scale(column)}
    else:
        labels = texts.get("options", {})
    ends = {0: texts.get("low", ""), len(labels) - 1: texts.get("high", "")}
    return [
        {
            "value": value,
            "label": label,
            "id": f"id_{column.name}" if place == 0 else f"id_{column.name}-{place}",
            "checked": value == chosen,
            "end": ends.get(place, ""),
        }
        for place, (value, label) in enumerate(labels.items())
    ]


def _error(
    form_field: Any, column: Column, texts: Mapping[str, Any], language: str, shown: str
) -> str:
    """The error of a field in our words: missing, not a number, out of range, too long."""
    if not form_field.errors:
        return ""
    own_message = next((e for e in form_field.errors if isinstance(e, OwnMessage)), None)
    if own_message is not None:
        return own_message
    errors = words.shared(language, words.COMMON)["errors"]
    kind = _kind(column)
    given = shown.strip()
    if kind == "text" and given:
        most = wording.number(column.max or 0, language)
        return str(words.fill(errors["too_long"], {"max": most}))
    if not given or kind != "number":
        standard = {"number": "required_number", "text": "required_text"}.get(kind)
        return str(texts.get("required", errors[standard or "required_choice"]))
    if form_field.data is None:
        return str(errors["not_a_number"])
    return str(words.fill(errors["out_of_range"], {"min": column.min, "max": column.max}))


def _summary(error: str, texts: Mapping[str, Any], language: str) -> str:
    """The error as it stands in the summary, where one cannot see which question it is about."""
    if not error or isinstance(error, OwnMessage) or error == texts.get("required"):
        return error
    said = words.shared(language, words.COMMON)["errors"]["in_summary"]
    return str(words.fill(said, {"error": error, "question": texts["label"]}))


class OwnMessage(str):
    """An error in the words of the study already."""
