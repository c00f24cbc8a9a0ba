"""Who may come in: secret key, password and level of protection, set once and kept.

A server makes its secret key when it first starts. Level, password and REST key are set with
``python -m lab.door`` or given by the environment. All are kept in `.secrets.toml`, which only its
owner can read and every later start uses: the same command gives the same, closed server, and
participants stay who they are. Beyond this computer nothing starts without a password.

Nothing here needs oTree: `settings.py` asks it before oTree knows its own settings.
"""

from __future__ import annotations

import contextlib
import getpass
import ipaddress
import json
import os
import secrets
import signal
import stat
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from study import toml

FILE = Path(".secrets.toml")
"""In the folder of the project, where oTree runs."""

VARIABLES = {
    "secret_key": "OTREE_SECRET_KEY",
    "auth_level": "OTREE_AUTH_LEVEL",
    "admin_password": "OTREE_ADMIN_PASSWORD",
    "rest_key": "OTREE_REST_KEY",
}
LEVELS = ("STUDY", "DEMO")
SERVERS = {
    **dict.fromkeys(("prodserver", "runprodserver"), "0.0.0.0"),
    **dict.fromkeys(("prodserver1of2", "runprodserver1of2", "webandworkers"), "0.0.0.0"),
    "devserver_inner": "127.0.0.1",
}
"""oTree's commands that serve pages, and the address that each takes if none is named."""

SHORTEST_PASSWORD = 8
REFUSED = 78
"""Exit status of a server that must not be started as it is (EX_CONFIG of sysexits.h)."""

HOW = ".venv/bin/python -m lab.door"
HEADING = "# Made by the server, for its owner's eyes only. Set the password with: " + HOW


def refuse(sentence: str) -> NoReturn:
    """End the process with one sentence and without a traceback.

    At once: no thread that was begun meanwhile may keep it.
    """
    print(sentence, file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(REFUSED)


# --------------------------------------------------------------------------- when a server starts


def prepare(arguments: Sequence[str] | None = None) -> None:
    """If these arguments of a process start a server, put what is kept into the environment.

    oTree and its helpers read it from there. Anything else that imports the settings (analysis,
    tests, bots) neither makes the file nor reads it.
    """
    address = address_of(sys.argv if arguments is None else arguments)
    if address is None:
        return
    if threading.current_thread() is threading.main_thread():
        # Ctrl-C while oTree is being loaded: end without a traceback. Serving has its own way.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    kept = read()
    given = {name: os.environ[key] for name, key in VARIABLES.items() if os.environ.get(key)}
    values = kept | given
    if "admin_password" in values:
        values.setdefault("auth_level", LEVELS[0])
    if values.get("auth_level", LEVELS[0]) not in LEVELS:
        refuse(f"OTREE_AUTH_LEVEL is {values['auth_level']!r}, but must be STUDY or DEMO.")
    check_address(address, values.get("auth_level"), values.get("admin_password"))
    if "secret_key" not in values:
        values["secret_key"] = secrets.token_urlsafe(48)
    if values != kept:
        values = keep(values, first=not kept)
    os.environ.update({VARIABLES[name]: value for name, value in values.items()})


def address_of(arguments: Sequence[str]) -> str | None:
    """The address on which these arguments of a process start a server; None: they do not."""
    if len(arguments) < 2 or "otree" not in Path(arguments[0]).name.lower():
        return None
    if arguments[1] not in SERVERS:
        return None
    named = next((each for each in arguments[2:] if not each.startswith("-")), "")
    address, colon, _ = named.rpartition(":")
    return address if colon else SERVERS[arguments[1]]


def is_loopback(address: str) -> bool:
    """Whether a server at ``address`` is reached from this computer only."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False  # a host name, which may stand for any address


def check_address(address: str, level: str | None, password: str | None) -> None:
    """Refuse to open a server to others that anybody could administer."""
    if is_loopback(address) or (level and len(password or "") >= SHORTEST_PASSWORD):
        return
    missing = "no level of protection"
    if len(password or "") < SHORTEST_PASSWORD:
        missing = f"no password of at least {SHORTEST_PASSWORD} characters"
    refuse(
        f"The server would be open to other computers ({address or 'every address'}), but has "
        f"{missing}: set a password once with `{HOW}`, or start on 127.0.0.1."
    )


# --------------------------------------------------------------------------------------- the file


def read() -> dict[str, str]:
    """What is kept; empty if there is no file. A file that cannot be trusted is refused."""
    try:
        text = FILE.read_text("utf-8")
        mode = FILE.stat().st_mode
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"{FILE} cannot be read ({error}): {_repair()}")
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        refuse(
            f"{FILE} can be read by other users of this computer: run `chmod 600 {FILE}`, and set "
            f"a new password with `{HOW}` if anybody may have looked."
        )
    try:
        values = toml.loads(text)
    except toml.TOMLDecodeError as error:
        refuse(f"{FILE} is broken ({error}): {_repair()}")
    problem = _problem(values)
    if problem:
        refuse(f"{FILE} is not whole ({problem}): {_repair()}")
    return {str(name): str(value) for name, value in values.items()}


def _repair() -> str:
    return (
        "put back a copy of it, or delete it and set the password again with "
        f"`{HOW}` (participants who are at work then need their own links)."
    )


def _problem(values: Mapping[str, object]) -> str:
    for name, value in values.items():
        if name not in VARIABLES:
            return f"it names {name!r}, not one of {', '.join(VARIABLES)}"
        if not isinstance(value, str) or not value.isprintable() or not value:
            return f"{name} is not a text"
    if "secret_key" not in values:
        return "secret_key is missing"
    if values.get("auth_level", LEVELS[0]) not in LEVELS:
        return f"auth_level is {values['auth_level']!r}, not one of {', '.join(LEVELS)}"
    return ""


def keep(values: Mapping[str, str], *, first: bool = False) -> dict[str, str]:
    """Write the file, whole or not at all; what stands in it afterwards.

    first: there is no file yet. If another server writes its own at the same moment, one wins.
    """
    for name, value in values.items():
        if not value.isprintable():
            refuse(f"{VARIABLES[name]} holds characters that cannot be printed.")
    lines = [
        f"{n} = {json.dumps(values[n], ensure_ascii=False)}" for n in VARIABLES if n in values
    ]
    temporary = FILE.with_name(f"{FILE.name}.{os.getpid()}")
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write("\n".join([HEADING, *lines, ""]))
            file.flush()
            os.fsync(file.fileno())
        if not first:
            os.replace(temporary, FILE)
            return dict(values)
        try:
            os.link(temporary, FILE)
        except FileExistsError:
            temporary.unlink()
            return dict(values) | read()
        except OSError:  # a file system without links
            os.replace(temporary, FILE)
        else:
            temporary.unlink()
        return dict(values)
    except OSError as error:
        refuse(f"{FILE} cannot be written ({error}).")


# ------------------------------------------------------------------------------------ the command


def main() -> int:
    """Ask for the admin's password, or read it from standard input, and keep it."""
    kept = read()
    password = _ask()
    if len(password) < SHORTEST_PASSWORD or not password.isprintable():
        print(
            f"The password needs at least {SHORTEST_PASSWORD} characters that can be printed; "
            "nothing was changed.",
            file=sys.stderr,
        )
        return 2
    new = {"secret_key": secrets.token_urlsafe(48), "auth_level": LEVELS[0]} | kept
    keep(new | {"admin_password": password}, first=False)
    print(
        f"The password of user admin is kept in {FILE}, level {new['auth_level']}. "
        "It holds from the next start of the server."
    )
    return 0


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("New password of user admin: ")
    if password and getpass.getpass("The same again: ") != password:
        raise SystemExit("The two were not the same; nothing was changed.")
    return password


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except (KeyboardInterrupt, EOFError):
        print("\nNothing was changed.", file=sys.stderr)
        raise SystemExit(1) from None
