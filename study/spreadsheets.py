"""Keeping free text from becoming a formula when an export is opened in a spreadsheet.

Source: OWASP, "CSV Injection" (a cell that begins with one of these characters may be evaluated).
"""

TRIGGERS = ("=", "+", "-", "@", "\t", "\r")


def guard(text: str) -> str:
    """``text``, with a leading apostrophe if a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(TRIGGERS) else text


def unguard(text: str) -> str:
    """What was guarded."""
    return text[1:] if text.startswith("'") and text[1:].startswith(TRIGGERS) else text
