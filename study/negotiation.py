"""The language of ours that a browser likes best."""

from __future__ import annotations

from babel.core import UnknownLocaleError, negotiate_locale

from study import words


def preferred(header: str, default: str) -> str:
    """The language for a browser that sends ``header`` as Accept-Language.

    ``default`` if it likes none of ours; if that is none of ours either, the first.
    """
    wanted = []
    for part in header.split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), name.strip()))
        except ValueError:
            continue
    wanted.sort(key=lambda each: each[0])
    ours = words.languages()
    try:
        found = negotiate_locale([name for _, name in wanted], ours, sep="-")
    except (UnknownLocaleError, ValueError):
        found = None
    return found or (default if default in ours else ours[0])
