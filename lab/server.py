"""`otree prodserver` without the command `otree`, which need not be on the path.

``python -m lab.server 127.0.0.1:8000``: what the supervisor starts.
"""

from __future__ import annotations

import sys


def main() -> None:
    sys.argv = ["otree", "prodserver", *sys.argv[1:]]
    from otree.main import execute_from_command_line

    execute_from_command_line()


if __name__ == "__main__":
    main()
