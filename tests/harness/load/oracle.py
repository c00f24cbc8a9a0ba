"""What must be true of a database after people answered: compared behind the server's back.

Every check yields problems, each a kind and a sentence. Sums and pay are worked out here, in SQL
and decimals, not by the project.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import inspect

from tests.harness.database import Database
from tests.harness.load.people import Record

LOST, DOUBLED, CHANGED, INVENTED = "lost", "doubled", "changed", "invented"
POST_LOST, COUNTERS, PAY, HALF = "post lost", "counters", "pay", "half session"
MISSING, WRONG_SIZE, LEFT_OVER, PLACE = "session missing", "wrong size", "left over", "place"
ARM, STUCK, EXPORT, FAILED, FREEZE = "arm", "stuck", "export", "failed", "freeze"
SHOWN = 5
PREFIXES = {
    "practice": "practice",
    "baseline": "baseline",
    "main": "effort",
    "voluntary": "voluntary",
}
"""How the columns of a round begin, by the phase of its answers."""
COMPREHENSION_QUESTIONS = 4
SESSION_COLUMNS = {"id", "code", "num_participants"}


@dataclass(frozen=True)
class Problem:
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def summary(problems: Iterable[Problem]) -> str:
    """How many of each kind, and the first few of each."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        by_kind[problem.kind].append(problem.text)
    lines = []
    for kind, texts in sorted(by_kind.items()):
        lines.append(f"{kind}: {len(texts)}")
        lines += [f"    {text}" for text in texts[:SHOWN]]
    return "\n".join(lines)


@dataclass(frozen=True)
class Announced:
    """A session that the server said it has made."""

    code: str
    participants: int
    config: str


@dataclass(frozen=True)
class Rates:
    """The pay of a session, as the experimenter set it."""

    fee: Decimal
    piece: Decimal
    donation: Decimal


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


class Oracle:
    """Reads ``database`` and judges."""

    def __init__(self, database: Database) -> None:
        self.database = database
        names = sorted(inspect(database.engine).get_table_names())
        self.apps = [name[: -len("_player")] for name in names if name.endswith("_player")]
        self.answering = [app for app in self.apps if f"{app}_answer" in names]
        self.explaining = [app for app in self.apps if f"{app}_comprehensionanswer" in names]
        self.drawing = [app for app in self.apps if f"{app}_assignmentdraw" in names]
        self.columns = {
            app: {
                column["name"] for column in inspect(database.engine).get_columns(f"{app}_player")
            }
            for app in self.apps
        }

    # ------------------------------------------------------------------------- answers

    def rows(self) -> dict[tuple[str, str], list[tuple[int, str]]]:
        """Item and response of every stored answer, by participant and phase."""
        found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for app in self.answering:
            for row in self.database.query(
                f"SELECT o.code, a.phase, a.item, a.response FROM {app}_answer a "
                f"JOIN {app}_player p ON p.id = a.player_id "
                "JOIN otree_participant o ON o.id = p.participant_id ORDER BY a.id"
            ):
                found[row["code"], row["phase"]].append((row["item"], row["response"]))
        return found

    def answers(self, record: Record) -> Iterator[Problem]:
        """Every acknowledged answer is one row with its response; no row came from nowhere."""
        stored = self.rows()
        for key, acknowledged in record.answers.items():
            rows = defaultdict(list)
            for item, response in stored.get(key, []):
                rows[item].append(response)
            for item, response in acknowledged.items():
                if not rows[item]:
                    yield Problem(LOST, f"answer {item} of {key}")
                elif response not in rows[item]:
                    yield Problem(CHANGED, f"answer {item} of {key}: {response}, {rows[item]}")
        for key, found in stored.items():
            items = [item for item, _ in found]
            for item, times in Counter(items).items():
                if times > 1:
                    yield Problem(DOUBLED, f"answer {item} of {key}: {times} rows")
            if sorted(set(items)) != list(range(1, len(set(items)) + 1)):
                yield Problem(LOST, f"the answers of {key} have gaps: {sorted(items)}")
            if key in record.sent:
                for item, response in found:
                    if record.sent[key].get(item) != response:
                        yield Problem(INVENTED, f"answer {item} of {key}: {response}")

    def counters(self) -> Iterator[Problem]:
        """Counters of every player of every session equal their rows."""
        for app in self.answering:
            for phase, prefix in PREFIXES.items():
                names = self._counters_of(app, prefix)
                if not names:
                    continue
                chosen = ", ".join(f"p.{prefix}_{name} AS {name}" for name in names)
                for row in self.database.query(
                    f"SELECT o.code, {chosen}, "
                    "count(a.id) AS rows_stored, count(a.correct) AS rows_attempts, "
                    "coalesce(sum(CASE WHEN a.correct THEN 1 ELSE 0 END), 0) AS rows_correct "
                    f"FROM {app}_player p "
                    "JOIN otree_participant o ON o.id = p.participant_id "
                    f"LEFT JOIN {app}_answer a ON a.player_id = p.id AND a.phase = :phase "
                    "GROUP BY p.id, o.code",
                    phase=phase,
                ):
                    for name in names:
                        if (row[name] or 0) != row[f"rows_{name}"]:
                            told, rows = row[name], row[f"rows_{name}"]
                            text = f"{prefix}_{name} of {row['code']} is {told}, rows {rows}"
                            yield Problem(COUNTERS, text)

    def _counters_of(self, app: str, prefix: str) -> list[str]:
        names = ("stored", "attempts", "correct")
        return [name for name in names if f"{prefix}_{name}" in self.columns[app]]

    def scores(self, record: Record) -> Iterator[Problem]:
        """What is stored as correct is what the people know to be right."""
        for app in self.answering:
            for row in self.database.query(
                f"SELECT o.code, a.phase, a.item, a.correct, a.late FROM {app}_answer a "
                f"JOIN {app}_player p ON p.id = a.player_id "
                "JOIN otree_participant o ON o.id = p.participant_id"
            ):
                key = (row["code"], row["phase"])
                if key in record.sent and row["correct"] is not None:
                    right = row["item"] in record.right[key]
                    if bool(row["correct"]) != right:
                        yield Problem(CHANGED, f"answer {row['item']} of {key} is scored wrongly")

    # --------------------------------------------------------------------------- pages

    def posts(self, record: Record) -> Iterator[Problem]:
        """Every acknowledged page stands in its columns."""
        for code, posted in record.posts.items():
            stored: dict[str, Any] = {}
            for app in self.apps:
                for row in self.database.query(
                    f"SELECT p.* FROM {app}_player p "
                    "JOIN otree_participant o ON o.id = p.participant_id WHERE o.code = :code",
                    code=code,
                ):
                    stored |= row
            if not stored:
                yield Problem(POST_LOST, f"{code} does not exist")
            for name, text in posted.items():
                if (
                    name == "journal"
                    or name == "stop"
                    or (name == "language" and not _went_on(posted))
                ):
                    continue
                if _as_text(stored.get(name)) != _as_text(text):
                    told = stored.get(name)
                    yield Problem(
                        POST_LOST, f"{name} of {code} is {told!r}, but {text!r} was taken"
                    )
        yield from self._attempts(record)

    def _attempts(self, record: Record) -> Iterator[Problem]:
        """Every acknowledged try at the comprehension questions is stored, and each once.

        One may be stored and not acknowledged: whoever sent it was gone by then.
        """
        rows: Counter[str] = Counter()
        for app in self.explaining:
            for row in self.database.query(
                f"SELECT o.code, count(*) AS n FROM {app}_comprehensionanswer c "
                f"JOIN {app}_player p ON p.id = c.player_id "
                "JOIN otree_participant o ON o.id = p.participant_id GROUP BY o.code"
            ):
                rows[row["code"]] += row["n"]
        for code, tried in record.tried.items():
            least, most = (COMPREHENSION_QUESTIONS * n for n in (record.attempts[code], tried))
            if not least <= rows[code] <= most:
                text = f"{rows[code]} comprehension answers of {code}, not {least} to {most}"
                yield Problem(POST_LOST, text)

    # ------------------------------------------------------------------------ sessions

    def sessions(
        self, made: Iterable[Announced] = (), deleted: Iterable[str] = ()
    ) -> Iterator[Problem]:
        """Every session is whole, every announced one is there, and nothing of deleted ones."""
        announced = {each.code: each for each in made}
        gone = set(deleted)
        there = {row["code"]: row for row in self.database.query("SELECT * FROM otree_session")}
        for code, each in announced.items():
            if code in gone:
                continue
            if code not in there:
                yield Problem(MISSING, f"{code}, which was announced")
            elif there[code]["num_participants"] != each.participants:
                found = there[code]["num_participants"]
                yield Problem(
                    WRONG_SIZE, f"{code} has {found} places, {each.participants} were asked"
                )
        for code in gone & set(there):
            yield Problem(LEFT_OVER, f"{code}, which was deleted")
        yield from self._whole(there)
        yield from self._orphans()

    def _whole(self, sessions: Mapping[str, dict[str, Any]]) -> Iterator[Problem]:
        people = _by(self.database.query("SELECT * FROM otree_participant"), "session_id")
        parts = {
            (app, table): _by(self.database.query(f"SELECT * FROM {app}_{table}"), "session_id")
            for app in self.apps
            for table in ("subsession", "group", "player")
        }
        for code, session in sessions.items():
            own = people.get(session["id"], [])
            wanted = session["num_participants"]
            if len(own) != wanted:
                yield Problem(HALF, f"{code} has {len(own)} of {wanted} participants")
            if sorted(row["id_in_session"] or 0 for row in own) != list(range(1, len(own) + 1)):
                yield Problem(HALF, f"{code} has participants without their own number")
            if len({row["_max_page_index"] for row in own} - {None, 0}) != (1 if own else 0):
                yield Problem(HALF, f"{code} has participants without pages")
            if any(row["_session_code"] != code for row in own):
                yield Problem(HALF, f"{code} has participants of another session")
            ids = sorted(row["id"] for row in own)
            apps = 0
            for app in self.apps:
                found = {
                    table: parts[app, table].get(session["id"], [])
                    for table in ("subsession", "group", "player")
                }
                if not any(found.values()):
                    continue
                apps += 1
                if len(found["subsession"]) != 1 or len(found["group"]) != 1:
                    yield Problem(HALF, f"{code} has not one subsession and group of {app}")
                if sorted(row["participant_id"] for row in found["player"]) != ids:
                    yield Problem(HALF, f"{code} has {len(found['player'])} players of {app}")
                groups = {row["id"] for row in found["group"]}
                if any(row["group_id"] not in groups for row in found["player"]):
                    yield Problem(HALF, f"{code} has players of {app} without their group")
            if apps != 1:
                yield Problem(HALF, f"{code} has {apps} apps, not the one of its study")

    def _orphans(self) -> Iterator[Problem]:
        tables = [("otree_participant", "session_id", "otree_session")]
        for app in self.apps:
            tables += [
                (f"{app}_player", "session_id", "otree_session"),
                (f"{app}_player", "participant_id", "otree_participant"),
                (f"{app}_group", "session_id", "otree_session"),
                (f"{app}_subsession", "session_id", "otree_session"),
            ]
        tables += [(f"{app}_answer", "player_id", f"{app}_player") for app in self.answering]
        tables += [
            (f"{app}_comprehensionanswer", "player_id", f"{app}_player") for app in self.explaining
        ]
        tables += [(f"{app}_assignmentdraw", "player_id", f"{app}_player") for app in self.drawing]
        for table, key, parent in tables:
            [row] = self.database.query(
                f"SELECT count(*) AS n FROM {table} WHERE {key} IS NULL "
                f"OR {key} NOT IN (SELECT id FROM {parent})"
            )
            if row["n"]:
                yield Problem(LEFT_OVER, f"{row['n']} rows of {table} without {parent}")

    # ----------------------------------------------------------------------------- pay

    def pay(self, rates: Mapping[str, Rates]) -> Iterator[Problem]:
        """Payoff and earnings of everybody in these sessions of ``incentive``."""
        for session, rate in rates.items():
            for row in self.database.query(
                "SELECT o.code, o.payoff, p.reward, p.baseline_correct, p.effort_correct, "
                "p.voluntary_correct, p.earnings_fixed, p.earnings_piece, p.earnings_total, "
                "p.donation FROM otree_participant o "
                "JOIN incentive_experiment_player p ON p.participant_id = o.id "
                "WHERE o._session_code = :session",
                session=session,
            ):
                yield from _pay_of(row, rate)

    def arms(self) -> Iterator[Problem]:
        """Every assigned participant has one draw, and the draws of a list have no gaps."""
        for app in self.drawing:
            for row in self.database.query(
                f"SELECT o.code, p.arm, d.arm AS drawn FROM {app}_player p "
                "JOIN otree_participant o ON o.id = p.participant_id "
                f"LEFT JOIN {app}_assignmentdraw d ON d.player_id = p.id "
                "WHERE NOT coalesce(p.arm_forced, :no) AND "
                "(p.arm IS NOT NULL OR d.arm IS NOT NULL)",
                no=False,
            ):
                if row["arm"] != row["drawn"]:
                    yield Problem(ARM, f"{row['code']} has {row['arm']}, drawn {row['drawn']}")
            lists = _by(
                self.database.query(
                    "SELECT session_code, stratum, assignment_number FROM "
                    f"{app}_assignmentdraw ORDER BY assignment_number"
                ),
                "session_code",
                "stratum",
            )
            for name, rows in lists.items():
                numbers = [row["assignment_number"] for row in rows]
                if numbers != list(range(1, len(numbers) + 1)):
                    yield Problem(ARM, f"the list of {name} is {numbers}")

    # ------------------------------------------------------------------------- exports

    def wide(self, text: str, record: Record, rates: Mapping[str, Rates]) -> Iterator[Problem]:
        """A final wide export says of everybody what the people know."""
        rows = {row["participant.code"]: row for row in read_csv(text)}
        for (code, phase), acknowledged in record.answers.items():
            cells = _cells(rows.get(code, {}))
            name = f"{PREFIXES[phase]}_stored"
            told = cells.get(name)
            if told != str(len(acknowledged)):
                text = f"{name} of {code} is {told}, not {len(acknowledged)}"
                yield Problem(EXPORT, text)
        for code, posted in record.posts.items():
            cells = _cells(rows.get(code, {}))
            for name, value in posted.items():
                if name in cells and _as_text(cells[name]) != _as_text(value):
                    yield Problem(EXPORT, f"{name} of {code} is {cells[name]!r}, not {value!r}")
        yield from snapshot_of_wide(text_rows=rows.values(), rates=rates)

    def custom(self, text: str, record: Record, session: str) -> Iterator[Problem]:
        """A final export of answers holds every acknowledged one of the session."""
        found = {
            (row["participant_code"], row["phase"], int(row["item"])): row["response"]
            for row in read_csv(text)
        }
        sessions = {row["session_code"] for row in read_csv(text)}
        if sessions - {session}:
            yield Problem(EXPORT, f"answers of {sessions} in the export of {session}")
        codes = {
            row["code"]
            for row in self.database.query(
                "SELECT code FROM otree_participant WHERE _session_code = :session",
                session=session,
            )
        }
        for (code, phase), acknowledged in record.answers.items():
            if code in codes:
                for item, response in acknowledged.items():
                    if found.get((code, phase, item)) != response:
                        yield Problem(EXPORT, f"answer {item} of {code} in {phase}")


def _went_on(posted: Mapping[str, str]) -> bool:
    return "consent" in posted


def _by(rows: Iterable[dict[str, Any]], *names: str) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        key = row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)
        found[key].append(row)
    return found


def _as_text(value: Any) -> str:
    """A stored or posted value, the same way round: yes is 1, no is 0."""
    if value is None:
        return ""
    text = str(value)
    return {"True": "1", "False": "0"}.get(text, text)


def _pay_of(row: Mapping[str, Any], rate: Rates) -> Iterator[Problem]:
    code, paid = row["code"], row["effort_correct"] or 0
    piece = cents(rate.piece * paid) if row["reward"] else Decimal(0)
    if Decimal(str(row["payoff"] or 0)) != piece:
        yield Problem(PAY, f"payoff of {code} is {row['payoff']}, not {piece}")
    if row["earnings_total"] is None:
        return
    donated = sum(row[f"{name}_correct"] or 0 for name in ("baseline", "effort", "voluntary"))
    right = {
        "earnings_fixed": cents(rate.fee),
        "earnings_piece": piece,
        "earnings_total": cents(rate.fee) + piece,
        "donation": cents(rate.donation * donated),
    }
    for name, amount in right.items():
        if Decimal(str(row[name])) != amount:
            yield Problem(PAY, f"{name} of {code} is {row[name]}, not {amount}")


# ------------------------------------------------------------------------------ one snapshot


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def _cells(row: Mapping[str, str]) -> dict[str, str]:
    """The columns of the players of a wide export, by bare name; of the apps one took part in."""
    cells: dict[str, str] = {}
    for name, text in row.items():
        if ".player." in name:
            bare = name.rpartition(".")[2]
            cells[bare] = text or cells.get(bare, "")
    return cells


def snapshot_of_wide(
    text_rows: Iterable[Mapping[str, str]], rates: Mapping[str, Rates]
) -> Iterator[Problem]:
    """Within one wide export, counters and pay belong to the same moment."""
    for row in text_rows:
        cells, code = _cells(row), row["participant.code"]
        for prefix in PREFIXES.values():
            told = [cells.get(f"{prefix}_{name}") for name in ("correct", "attempts", "stored")]
            numbers = [int(text) for text in told if text]
            if numbers != sorted(numbers):
                yield Problem(EXPORT, f"{prefix} of {code}: correct, attempts, stored {told}")
        rate = rates.get(row["session.code"])
        if rate and cells.get("effort_correct") and "reward" in cells:
            piece = rate.piece * int(cells["effort_correct"]) * (cells["reward"] == "1")
            if Decimal(row["participant.payoff"]) != cents(piece):
                text = f"payoff of {code} is {row['participant.payoff']}, not {cents(piece)}"
                yield Problem(EXPORT, f"{text}: not of one moment")


def snapshot_of_answers(text: str) -> Iterator[Problem]:
    """Within one export of answers, everybody's items are 1 to n, each once."""
    items: dict[Any, list[int]] = defaultdict(list)
    for row in read_csv(text):
        items[row["session_code"], row["participant_code"], row["phase"]].append(int(row["item"]))
    for key, found in items.items():
        if found != list(range(1, len(found) + 1)):
            yield Problem(EXPORT, f"answers of {key}: {found}")


def fresh(
    text: str, before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]
) -> Iterator[Problem]:
    """An export of answers has all that was acknowledged before it was asked for, and no more
    than had been sent when it had arrived; both by participant and phase. Exports may be of one
    session or app: only those are compared who stand in it."""
    rows = Counter((row["participant_code"], row["phase"]) for row in read_csv(text))
    for key, found in rows.items():
        least, most = before.get(key, 0), after.get(key, 0)
        if not least <= found <= most:
            text = f"{found} answers of {key}, {least} acknowledged before, {most} sent"
            yield Problem(EXPORT, text)
