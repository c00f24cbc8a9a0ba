"""An edited participation fee stays within its limits, and everybody's pay agrees with it.

Gap: the experimenter may edit the fee at any time, to any number. It is held to the same limits as
in a new session, and whoever saw their earnings before has them worked out again, so that data and
payments agree.

oTree 6.0.15: views/admin.py:211 (SessionEditPropertiesForm), 225 (SessionEditProperties).
Test: tests/server/test_parameters.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wtforms
from otree.views import admin

from lab import earnings
from lab.mending import put_around
from study.platform import MAX_FEE


def install() -> None:
    limits = wtforms.validators.NumberRange(0, MAX_FEE)
    admin.SessionEditPropertiesForm.participation_fee = wtforms.DecimalField(validators=[limits])
    put_around(admin.SessionEditProperties, "form_valid", _then_paid_again)


def _then_paid_again(store_properties: Callable[..., Any], page: Any, form: Any) -> Any:
    response = store_properties(page, form)
    earnings.store_again(page.session)
    return response
