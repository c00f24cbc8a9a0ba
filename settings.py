"""oTree's settings: the two session configs, the rooms, and who may see what.

The words that participants read are in `content/`, the parameters of a session in
`study/parameters.py`. Secrets are kept by `lab/door.py`; `docs/deployment.md` says how.
"""

from os import environ
from pathlib import Path

from lab import door
from study.content import languages
from study.experiments import EXPERIMENTS
from study.parameters import defaults, description

# Whoever starts a server: what it keeps is in the environment from here on.
door.prepare()

DISPLAY_NAMES = {
    "info_source": "Information source and willingness to co-produce",
    "incentive": "Private incentive and contact with a beneficiary",
}

SESSION_CONFIGS = [
    dict(
        name=experiment.name,
        display_name=DISPLAY_NAMES[experiment.name],
        app_sequence=experiment.app_sequence,
        num_demo_participants=len(experiment.arms),
        doc=description(experiment, languages()),
    )
    for experiment in EXPERIMENTS.values()
]

SESSION_CONFIG_DEFAULTS = dict(
    participation_fee=5.00, real_world_currency_per_point=1.00, **defaults()
)

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

DEMO_PAGE_TITLE = "Two experiments on co-production"
DEMO_PAGE_INTRO_HTML = (
    "Sessions from this page are for trying out. Their data are marked as demo data "
    "and left out of the analysis."
)
