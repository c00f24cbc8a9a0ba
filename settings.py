"""oTree's settings: a session config for each study, the rooms, and who may see what.

Studies are the folders that hold a `design.py`. Secrets are kept by `lab/door.py`;
`docs/deployment.md` says how.
"""

from os import environ
from pathlib import Path

from lab import door
from study.finding import checked
from study.parameters import defaults, description
from study.problems import DesignError

# Whoever starts a server: what it keeps is in the environment from here on.
door.prepare()

try:
    STUDIES = checked()
except DesignError as error:
    door.refuse(str(error))

SESSION_CONFIGS = [
    dict(
        name=study.name,
        display_name=study.title,
        app_sequence=[study.app],
        num_demo_participants=max(1, len(study.arms)),
        **({} if study.pay is not None else {"participation_fee": 0.0}),
        doc=description(study.parameters),
        **defaults(study.parameters),
    )
    for study in STUDIES.values()
]

SESSION_CONFIG_DEFAULTS = dict(participation_fee=5.00, real_world_currency_per_point=1.00)

PARTICIPANT_FIELDS = ["language"]
SESSION_FIELDS: list[str] = []

# One room with a label per seat, if the laboratory lists them; one that anybody may enter.
SEATS = Path("_rooms/laboratory.txt")
ROOMS = [
    dict(name="laboratory", display_name="Laboratory")
    | (dict(participant_label_file=str(SEATS)) if SEATS.exists() else {}),
    dict(name="open", display_name="Open room"),
]

LANGUAGE_CODE = "en"
REAL_WORLD_CURRENCY_CODE = environ.get("CURRENCY", "EUR")
USE_POINTS = False
# Pay is worked out in study/pay.py and stored once, with the participant.
AUTO_TABULATE_PAYOFFS = False

ADMIN_USERNAME = "admin"
ADMIN_PASSWORD = environ.get("OTREE_ADMIN_PASSWORD", "")
SECRET_KEY = environ.get("OTREE_SECRET_KEY", "")
AUTH_LEVEL = environ.get("OTREE_AUTH_LEVEL") or None

# Off unless asked for: oTree's debugging shows the arm on every page.
DEBUG = environ.get("OTREE_DEBUG") == "1"

DEMO_PAGE_TITLE = "Studies of co-production"
DEMO_PAGE_INTRO_HTML = (
    "Sessions from this page are for trying out. Their data are marked as demo data "
    "and left out of the analysis."
)
