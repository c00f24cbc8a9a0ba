"""What happens when oTree loads a study: it is mended, and session configs are watched.

oTree stores whatever a session config contains, and runs `creating_session` only after the session
and its participants are in the database. A bad parameter must change nothing, so it is refused one
step earlier, where oTree itself checks a session config. oTree's form would print a traceback with
the refusal, so the function that collects it is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from otree import session
from otree.session import CreateSessionError, CreateSessionInvalidArgs, SessionConfig
from otree.templating import ibis_loader
from otree.templating.errors import TemplateLoadError

from lab import configs
from lab.sessions import study_in
from study.finding import studies


@cache
def install() -> None:
    """Check every session config from now on; mend what oTree leaves open.

    Once, however often it is called: every mending wraps what stands in oTree.
    """
    # Imported late: it needs oTree's views, which need what stands above.
    from otree.views import admin, participant

    from lab import board, mending, panel, preview

    _share(ibis_loader)
    _add(admin, board.ServerBoard, preview.Preview)
    _add(participant, panel.PanelEntrance, panel.PanelStop)
    mending.install()
    mending.put_around(SessionConfig, "clean", _clean)
    session.create_session_traceback_wrapper = _create_session


def _share(loader: Any) -> None:
    """The *Report* tab of a study is `_templates/lab/admin_report.html`, unless it has its own.

    oTree 6.0.15 looks for two names in the study's folder: models/session.py:258, when a session
    is created, and views/admin.py:513, when the tab is opened. The second is taken for ours.
    """
    search = loader.search_template

    def search_template(name: str) -> Path:
        try:
            return search(name)  # type: ignore[no-any-return]
        except TemplateLoadError:
            if name not in [f"{study.app}/AdminReport.html" for study in studies().values()]:
                raise
            return search("lab/admin_report.html")  # type: ignore[no-any-return]

    loader.search_template = search_template


def _add(module: ModuleType, *views: type) -> None:
    """Put views of ours among those of oTree, before it builds its addresses from them."""
    for view in views:
        view.__module__ = module.__name__
        setattr(module, view.__name__, view)


def _clean(otrees: Callable[[SessionConfig], None], config: SessionConfig) -> None:
    # A laboratory may keep other studies in the same project; they are none of our business.
    if (study := study_in(config)) is not None:
        try:
            config.update(configs.cleaned(config, study))
        except ValueError as error:
            raise CreateSessionInvalidArgs(str(error)) from None
    otrees(config)


def _create_session(**options: Any) -> Any:
    """Create a session for the form, which shows a traceback below the message of every error.

    What is wrong with a parameter is said in the message; no line of code could say more.
    """
    try:
        return session.create_session(**options)
    except CreateSessionInvalidArgs as error:
        raise CreateSessionError from error.with_traceback(None)
    except Exception as error:
        raise CreateSessionError from error
