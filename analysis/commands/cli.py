"""The command line: ``python -m analysis COMMAND``.

Exit status: 0 done, 1 the data have problems that are listed, 2 wrong usage, 130 interrupted.
Whatever a command needs is imported when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from analysis.errors import AnalysisError
from analysis.words import counted
from study.finding import studies
from study.problems import DesignError

if TYPE_CHECKING:
    import pandas as pd

    from analysis.planned.plan import Plan

DONE, PROBLEMS, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Never raises for bad data or files."""
    # A console that cannot show a character shows another one, rather than stopping.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return _run(parser().parse_args(arguments))
    except KeyboardInterrupt:
        return _fail("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        # The reader (head, less) has had enough. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (UsageError, DesignError) as error:
        return _fail(str(error), USAGE)
    except AnalysisError as error:
        return _fail(str(error), PROBLEMS)
    except OSError as error:
        return _fail(_explain(error), USAGE)


def _run(options: argparse.Namespace) -> int:
    if "exports" in options:
        with _usage():
            from analysis.exports.csv_files import find_files

            find_files(options.exports)
        status = int(options.run(options))
    else:
        # Without data, whatever is wrong was asked for wrongly.
        with _usage():
            status = int(options.run(options))
    sys.stdout.flush()
    return status


class UsageError(Exception):
    """The command line asks for something that does not exist."""


@contextmanager
def _usage() -> Iterator[None]:
    """What is wrong in here is wrong with the command line, not with the data."""
    try:
        yield
    except AnalysisError as error:
        raise UsageError(str(error)) from None


def _fail(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def _explain(error: OSError) -> str:
    """A sentence with the mend, instead of an error number."""
    name = f"{error.filename}: " if error.filename is not None else ""
    mend = {
        FileNotFoundError: "there is no such file or folder; check the spelling",
        PermissionError: "no permission; close it elsewhere or choose another place",
        IsADirectoryError: "this is a folder, but a file is needed",
        NotADirectoryError: "this is a file, but a folder is needed",
        FileExistsError: "this is a file, but a folder is needed",
    }.get(type(error))
    return f"{name}{mend or error.strerror or error}."


# ------------------------------------------------------------------------------------ parser


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints say where to read on."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{message[:1].upper()}{message[1:]}.\nSee: {self.prog} --help\n")


class Option:
    """What `add_argument` is told, for commands that have it."""

    def __init__(self, *names: str, group: str = "", **settings: Any) -> None:
        self.names, self.group, self.settings = names, group, settings


Run: TypeAlias = Callable[[argparse.Namespace], int]

COMMANDS: dict[str, tuple[Run, str, Mapping[str, str], Sequence[Option]]] = {}
"""What runs each command, what it does, examples with what they do, and its options."""


def _command(
    name: str, summary: str, examples: Mapping[str, str], *options: Option
) -> Callable[[Run], Run]:
    """The function below runs the command ``name``."""

    def register(run: Run) -> Run:
        COMMANDS[name] = run, summary, examples, options
        return run

    return register


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = _Parser(
        prog="python -m analysis",
        description="From oTree's exports to the pre-registered analysis.",
        epilog=_examples(
            {
                "is the export whole?": "check exports/",
                "the whole analysis": 'report exports/ -o "my report"',
                "more about a command": "report --help",
            }
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (run, summary, examples, options) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[:1].upper() + summary[1:] + ".",
            epilog=_examples(examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=run)
        groups: dict[str, argparse._ActionsContainer] = {"": command}
        for option in options:
            more = {"choices": list(studies())} if "--experiment" in option.names else {}
            if option.group not in groups:
                groups[option.group] = command.add_argument_group(option.group)
            groups[option.group].add_argument(*option.names, **(option.settings | more))
    return top


def _examples(examples: Mapping[str, str]) -> str:
    told = {what: _named(command) for what, command in examples.items()}
    width = max(map(len, told.values()))
    lines = [f"  python -m analysis {each:<{width}}  # {what}" for what, each in told.items()]
    return "\n".join(["examples:", *lines])


def _named(command: str) -> str:
    """An example whose STUDY, ARM and COLUMN are those of the first study that has arms."""
    study = next((each for each in studies().values() if each.arms), None)
    if study is None:
        return command
    later = [n for n, m in study.measures.items() if m.is_scale and n not in study.written_before]
    names = {"STUDY": study.name, "ARM": study.names[-1], "COLUMN": next(iter(later), "COLUMN")}
    return re.sub("|".join(names), lambda word: names[word[0]], command)


def _path(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty name is no file or folder")
    return Path(text)


def _figure(text: str) -> Path:
    if Path(text).suffix.lower() not in (".svg", ".png"):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .svg or .png")
    return Path(text)


def _whole(low: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.lstrip("+-").isdecimal() or int(text) < low:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} upwards")
        return int(text)

    return whole


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _effect(text: str) -> tuple[str, float]:
    name, _, size = text.partition("=")
    try:
        return name.strip(), float(size)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an effect such as ARM=0.4") from None


EXPORTS = Option(
    "exports", nargs="+", type=_path, metavar="EXPORT", help="CSV file or folder from oTree"
)


def _flag(name: str, meaning: str) -> Option:
    return Option(name, action="store_true", help=meaning)


def _plans(name: str, meaning: str) -> Option:
    return Option(name, type=Path, metavar="FILE", action="append", default=[], help=meaning)


def _effects(meaning: str) -> Option:
    return Option(
        "--effect", action="append", default=[], type=_effect, metavar="ARM=SIZE", help=meaning
    )


SELECTION = (
    _flag("--include-bots", "keep simulated participants (for trying out)"),
    _flag("--include-demo", "keep sessions created from the demo page, and pilots"),
)
PLAN = _plans("--plan", "a plan in the place of that of the study which it names; may be repeated")
ANY_STUDY = Option("--experiment", help="which study (default: all there are)")
ONE_STUDY = Option("--experiment", required=True, help="which study")
FORMAT = Option(
    "--format", choices=("table", "csv", "json"), default="table", help="default: table"
)


def _output(metavar: str, meaning: str, *, required: bool = False) -> Option:
    return Option("-o", "--output", type=Path, metavar=metavar, help=meaning, required=required)


def _given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Some of the options by their names."""
    return {name: getattr(options, name) for name in names}


def _read_plans(options: argparse.Namespace) -> dict[str, Plan]:
    """The plan of each study, or of the one that was asked for."""
    from analysis.planned.plan import plans

    with _usage():
        found = plans(options.plan)
        if options.experiment is None:
            return found
        if options.experiment not in found:
            raise UsageError(f"The study {options.experiment} has no plan.toml.")
        return {options.experiment: found[options.experiment]}


# ------------------------------------------------------------------------------------- check


@_command(
    "check",
    "say whether exports are whole and consistent",
    {"a folder of exports": "check exports/", "one file": "check all_apps_wide.csv"},
    EXPORTS,
)
def _check(options: argparse.Namespace) -> int:
    from analysis.exports.checks import check
    from analysis.exports.problems import ERROR

    problems = check(options.exports)
    for problem in problems:
        print(problem if problem.severity == ERROR else f"(warning) {problem}")
    errors = [problem for problem in problems if problem.severity == ERROR]
    if errors:
        return _fail(f"{counted(len(errors), 'problem')}.", PROBLEMS)
    warnings = f" ({counted(len(problems), 'warning')})" if problems else ""
    print(f"No problems found{warnings}.")
    return DONE


# ------------------------------------------------------------------------------------ report


@_command(
    "report",
    "write the whole pre-registered analysis: report.html, tables, figures, estimates",
    {
        "exports of any number of sessions": "report exports/ -o report",
        "simulated participants": "report simulated/ -o trial --include-bots",
        "quickly, for a first look": "report exports/ -o look --draws 999",
    },
    EXPORTS,
    _output("DIR", "folder for the report; made if it does not exist", required=True),
    ANY_STUDY,
    PLAN,
    _plans(
        "--preregistered",
        "a plan as it was registered: the report lists what is different; may be repeated",
    ),
    *SELECTION,
    Option("--draws", type=_whole(99), metavar="N", help="draws of the randomization tests"),
    Option("--seed", type=_whole(0), metavar="N", help="seed of all random draws"),
    _flag("--as-real", "hold simulated participants, too, to the planned size and looks"),
)
def _report(options: argparse.Namespace) -> int:
    from analysis.report import check_directory, write_report

    _read_plans(options)
    with _usage():
        check_directory(options.output, options.exports)
    names = ("plan", "preregistered", "experiment", "include_bots", "include_demo")
    more = _given(options, *names, "draws", "seed", "as_real")
    written = write_report(options.exports, options.output, **more)
    print(f"The report is {written}")
    return DONE


# ---------------------------------------------------------------------------------- estimate


ESTIMATORS = (
    "planned",
    "difference_in_means",
    "lin",
    "welch",
    "rank_test",
    "count_model",
    "ordered_logit",
)
PLANNED = (
    "hypothesis",
    "claim",
    "contrast",
    "outcome",
    "estimate",
    "std_error",
    "p_value",
    "p_randomization",
    "p_claim",
    "p_adjusted",
    "verdict",
    "n",
)
"""The columns of the planned table that are shown; csv and json have all."""
SE_TYPES = ("HC2", "HC3", "HC1", "HC0", "classical")


@_command(
    "estimate",
    "the whole planned table, or the effect of the arms on one outcome",
    {
        "the planned table, as CSV": "estimate exports/ --format csv",
        "one outcome, as planned": "estimate exports/ --experiment STUDY --outcome COLUMN",
        "another one, as CSV": "estimate exports/ --experiment STUDY --outcome COLUMN "
        "--estimator welch --format csv",
    },
    EXPORTS,
    ANY_STUDY,
    Option(
        "--outcome", metavar="COLUMN", help="compare the arms on it (default: the planned table)"
    ),
    Option("--control", metavar="ARM", help="arm compared with (default: control)"),
    Option("--estimator", choices=ESTIMATORS, help="default: the plan's"),
    Option(
        "--covariates",
        type=_names,
        metavar="A,B",
        help="columns measured before treatment (default: the plan's)",
    ),
    Option("--se-type", choices=SE_TYPES, help="default: HC2"),
    FORMAT,
    _flag("--interim", "show real outcomes before the planned size or look"),
    PLAN,
    *SELECTION,
)
def _estimate(options: argparse.Namespace) -> int:
    from analysis.commands.estimate import chosen, participants, planned_table
    from analysis.planned.coding import coded

    planned = _read_plans(options)
    kept = _given(options, "include_bots", "include_demo", "interim")
    own = _given(options, "control", "estimator", "covariates", "se_type")
    if options.outcome is None:
        for name, value in own.items():
            if value is not None:
                raise UsageError(f"--{name.replace('_', '-')} goes with --outcome.")
        found = planned_table(options.exports, planned, **kept)
        shown = found[list(PLANNED)] if options.format == "table" else found
    else:
        if options.experiment is None:
            raise UsageError("--outcome goes with --experiment.")
        plan = planned[options.experiment]
        data, plan = coded(participants(options.exports, plan, **kept), plan)
        with _usage():
            estimate = chosen(data, plan, options.outcome, **own)
        shown = found = estimate()
    print(_formatted(shown, options.format))
    for note in found.attrs.get("notes", ()):
        print(note, file=sys.stderr)
    return DONE


def _formatted(frame: pd.DataFrame, form: str) -> str:
    if form == "csv":
        return frame.to_csv(index=False, lineterminator="\n").rstrip("\n")
    if form == "json":
        return str(frame.to_json(orient="records", indent=2, double_precision=15))
    from tabulate import tabulate

    return str(tabulate(frame, headers="keys", showindex=False, floatfmt=".4g", missingval="–"))


# ------------------------------------------------------------------------------------- power


@_command(
    "power",
    "power and minimum detectable effect, by simulating the design",
    {
        "at the planned size": "power --experiment STUDY --effect ARM=0.4",
        "a power curve": "power --experiment STUDY --effect ARM=0.4 -n 120 240 360 480 "
        "--figure power.svg",
        "on a Dask cluster": "power --experiment STUDY --effect ARM=0.3 -n 600 "
        "--simulations 100000 --backend dask --scheduler tcp://10.0.0.5:8786",
    },
    ONE_STUDY,
    _effects("effect of an arm against control in standard deviations; may be repeated"),
    Option(
        "-n",
        nargs="+",
        type=_whole(1),
        metavar="N",
        help="participants in all arms together (default: the planned size); several numbers give "
        "a curve",
    ),
    *(
        Option(
            name,
            type=kind,
            metavar="X",
            help=f"{meaning} (default: the plan's, or {default})",
            group="assumptions about the design",
        )
        for name, default, kind, meaning in (
            ("--session-size", 24, int, "participants per session"),
            ("--session-correlation", 0.02, float, "share of the variance between sessions"),
            ("--baseline-correlation", 0.5, float, "of the outcome with the covariates"),
            ("--attrition", 0.05, float, "share of the assigned who are lost"),
        )
    ),
    Option("--simulations", type=_whole(100), default=2_000, metavar="N", help="default: 2000"),
    Option("--seed", type=_whole(0), metavar="N", help="default: the plan's"),
    Option("--jobs", type=int, default=-1, metavar="N", help="processes (default: one per core)"),
    Option(
        "--backend", choices=("loky", "threading", "dask"), default="loky", help="default: loky"
    ),
    Option("--scheduler", metavar="ADDRESS", help="of the Dask cluster"),
    Option("--figure", type=_figure, metavar="FILE", help="draw the curve: .svg or .png"),
    FORMAT,
    PLAN,
)
def _power(options: argparse.Namespace) -> int:
    from analysis.simulation.power import power

    plan = _read_plans(options)[options.experiment]
    assumed = ("session_size", "session_correlation", "baseline_correlation", "attrition")
    more = _given(options, *assumed, "simulations", "seed", "jobs", "backend", "scheduler")

    def simulated(n: int | Sequence[int]) -> pd.DataFrame:
        return power(options.experiment, dict(options.effect), n, plan=plan, **more)

    curve = simulated(options.n or plan.size)
    shown = _compact(curve) if options.format == "table" else curve
    print(_formatted(shown, options.format))
    if options.format == "table":
        at_size = curve[curve["n"] == plan.size]
        if at_size.empty and (curve["claim"] == "none").any():
            at_size = simulated(plan.size)
        for sentence in _verdicts(curve, at_size, plan):
            print(sentence)
    if options.figure:
        from analysis.report.power_figure import draw_power

        draw_power(curve, plan, options.figure)
    return DONE


def _compact(curve: pd.DataFrame) -> pd.DataFrame:
    """The power table with each Monte-Carlo error beside its number."""
    shown = curve[["n", "hypothesis", "claim", "contrast", "effect"]].copy()
    shown["SE"] = curve["std_error"].map(lambda v: "" if v != v else f"{v:.3f}")
    for column, heading in (
        ("power", "power"),
        ("power_adjusted", "power, adjusted"),
        ("minimum_detectable_effect", "detectable effect"),
        ("detectable_first", "at first step"),
        ("smallest_claimable", "claimable bound"),
    ):
        pairs = zip(curve[column], curve[f"{column}_error"], strict=True)
        shown[heading] = ["" if v != v else f"{v:.3f} ± {error:.3f}" for v, error in pairs]
    return shown


def _verdicts(curve: pd.DataFrame, at_size: pd.DataFrame, plan: Plan) -> Iterator[str]:
    """What the numbers mean: claims of no difference that so many people cannot win.

    ``at_size`` is the curve at the planned size.
    """
    from analysis.report.units import standardised

    target = f"{100 * plan.power:g}%"
    yield (
        f"\nIn standard deviations. Detectable effect: found with {target} power; at the first "
        "step: if it has to be found before all others of its family. Claimable bound: the "
        f"smallest within which an effect of 0 is claimed to lie with {target} power."
    )
    for row in curve[curve["claim"] == "none"].to_dict("records"):
        bound, claimable = row["smallest_effect"], row["smallest_claimable"]
        if bound != bound:
            yield (
                f"n = {row['n']}: {row['hypothesis']} claims no difference that matters; without "
                "expected_sd in the plan nothing says how large its bound is."
            )
            continue
        can = "can" if claimable <= bound else "cannot"
        yield (
            f"n = {row['n']}: {row['hypothesis']} claims no difference beyond {bound:.2f}; the "
            f"smallest claimable bound is {claimable:.2f}, so it {can} be won with {target} power."
        )
    outcome = plan.outcomes[plan.primary.outcomes[0]]
    for row in at_size[at_size["claim"] == "none"].to_dict("records"):
        claimable = row["smallest_claimable"]
        unit = (
            f" ({claimable * outcome.expected_sd * outcome.scale:.2g} {outcome.unit})"
            if outcome.expected_sd and not standardised(row["contrast"])
            else ""
        )
        yield (
            f"At the planned size of {plan.size:,}, the smallest bound within which "
            f"{row['hypothesis']} can claim no difference with {target} power is "
            f"{claimable:.2f}{unit}."
        )


# ---------------------------------------------------------------------------------- simulate


@_command(
    "simulate",
    "write exports of simulated participants, marked as simulated",
    {
        "no effect": "simulate --experiment STUDY -n 120 -o simulated",
        "a planted one": "simulate --experiment STUDY -n 240 --effect COLUMN.ARM=0.5 -o simulated",
    },
    ONE_STUDY,
    Option("-n", required=True, type=_whole(1), metavar="N", help="participants"),
    _effects(
        "in standard deviations: ARM=SIZE on the main outcomes of the study's people.py, "
        "OUTCOME.ARM=SIZE on one of them; may be repeated"
    ),
    Option("--seed", default="1", metavar="TEXT", help="default: 1"),
    _output("DIR", "folder for the exports; made if it does not exist", required=True),
)
def _simulate(options: argparse.Namespace) -> int:
    from analysis.simulation.simulate import simulate

    effects, where = dict(options.effect), options.output
    simulate(options.experiment, options.n, where, effects=effects, seed=options.seed)
    print(f"Simulated exports are in {options.output}")
    return DONE


# ------------------------------------------------------------------- preregister and codebook


@_command(
    "preregister",
    "print the plan as text under the usual registry headings",
    {
        "to read": "preregister",
        "one study, to a file": "preregister --experiment STUDY -o preregistration.md",
    },
    ANY_STUDY,
    PLAN,
    _output("FILE", "Markdown file (default: print it)"),
)
def _preregister(options: argparse.Namespace) -> int:
    from analysis.planned.preregister import preregistration

    text = "\n".join(map(preregistration, _read_plans(options).values()))
    if options.output is None:
        print(text, end="")
    else:
        options.output.write_text(text, encoding="utf-8", newline="\n")
        print(f"The preregistration is {options.output}")
    return DONE


@_command(
    "codebook",
    "write what every column means, as Markdown and Frictionless Table Schema",
    {"into a folder": "codebook -o codebook"},
    _output("DIR", "folder for the codebook; made if it does not exist", required=True),
)
def _codebook(options: argparse.Namespace) -> int:
    from analysis.exports.codebook import write_codebook

    write_codebook(options.output)
    print(f"The codebook is in {options.output}")
    return DONE
