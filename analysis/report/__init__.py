"""The report: the whole planned analysis as one page, with tables and figures beside it.

`write_report` reads exports, `chapter` turns one experiment into findings (`findings`), figures
(`figures`, drawn and saved by `drawing`) and tables (`planned_tables`, `diagnosis`, `validity`,
rendered by `table`) from its `estimates`; `methods` says how, `page` sets the page, `manifest`
records from what. The same inputs and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError, MissingTable, unknown
from analysis.exports.checks import check
from analysis.exports.derived import add_derived
from analysis.exports.participants import load, load_answers
from analysis.exports.problems import ERROR
from analysis.exports.reading import Files, read_files
from analysis.planned.comparison import differences
from analysis.planned.plan import FILE, Plan, plans, read_plan
from analysis.report import manifest, methods
from analysis.report.chapter import Chapter, write_chapter
from analysis.report.page import Page, render
from analysis.report.table import latex_document
from analysis.words import counted
from study.problems import shown


def write_report(
    exports: str | Path | Sequence[str | Path],
    directory: str | Path,
    *,
    plan: str | Path | Sequence[str | Path] = (),
    preregistered: str | Path | Sequence[str | Path] = (),
    experiment: str | None = None,
    include_bots: bool = False,
    include_demo: bool = False,
    draws: int | None = None,
    seed: int | None = None,
    as_real: bool = False,
) -> Path:
    """Analyse exports as planned and write everything into ``directory``.

    Parameters
    ----------
    exports : CSV files or folders as oTree writes them, of any of the studies.
    directory : made if it does not exist; files of an earlier report are replaced.
    plan : files that take the place of the plans of the studies that they name.
    preregistered : plans as they were registered; the report lists what is different now.
    experiment : one study only.
    include_bots, include_demo : keep simulated participants, or sessions made from the demo page
        and pilots; listed as a departure from the plan.
    as_real : hold simulated participants, too, to the planned size and looks; without it they are
        complete data. Real ones always are held to them.
    draws, seed : of the random draws, instead of the plan's; listed as departures.

    Returns
    -------
    The path of ``report.html``. Beside it ``estimates.csv``, ``manifest.json``, ``tables/*.csv``,
    ``tables/*.tex`` and ``figures/*.svg``, ``figures/*.png``.

    Raises
    ------
    AnalysisError : a broken export or plan, or no participant to analyse. OSError if the
        directory cannot be written.
    """
    paths, own, registered = map(_several, (exports, plan, preregistered))
    planned = plans(own)
    if experiment is not None:
        if experiment not in planned:
            raise unknown("experiment in the plan called", experiment, planned)
        planned = {experiment: planned[experiment]}
    changed = _changed(planned, registered)
    used = {
        name: replace(
            each,
            draws=each.draws if draws is None else draws,
            seed=each.seed if seed is None else seed,
        )
        for name, each in planned.items()
    }
    # Before the work, so that a folder that cannot be written costs no time.
    target = Path(directory)
    check_directory(target, paths)
    target.mkdir(parents=True, exist_ok=True)
    files = read_files(paths)
    everyone = add_derived(
        load(
            files,
            include_bots=include_bots or _kept(used, "bots"),
            include_demo=include_demo or _kept(used, "demo"),
        )
    )
    page = _page(everyone, _answers(files), used, as_real)
    said = [*_elsewhere(planned, own), *changed, *_draws(planned, page.plans), *page.departures]
    page = replace(page, departures=[*said, *_problems(files)])
    outputs = _outputs(page)
    options: dict[str, Any] = {
        "plan": [Path(each).name for each in own],
        "preregistered": [Path(each).name for each in registered],
        "experiment": experiment,
        "include-bots": include_bots,
        "include-demo": include_demo,
        "draws": draws,
        "seed": seed,
        "as-real": as_real,
    }
    settings = {
        "command": _command(list(files.digests), options),
        "draws": {each.name: each.draws for each in page.plans},
        "seed": {each.name: each.seed for each in page.plans},
    }
    record = manifest.manifest(files.digests, page.plans, settings, outputs)
    page = replace(page, manifest=record)
    outputs["report.html"] = render(page).encode()
    record["outputs"]["report.html"] = manifest.digest(outputs["report.html"])
    outputs["manifest.json"] = manifest.as_json(record).encode()
    _write(target, outputs)
    return target / "report.html"


def check_directory(directory: Path, exports: Sequence[str | Path]) -> None:
    """Raises ``AnalysisError`` if the report would be read as an export next time."""
    named = [Path(path).resolve() for path in exports]
    if directory.resolve() in [path.parent if path.is_file() else path for path in named]:
        raise AnalysisError(
            f"{directory} holds the exports; choose another folder for the report."
        )


def _several(named: str | Path | Sequence[str | Path]) -> list[str | Path]:
    return [named] if isinstance(named, str | Path) else list(named)


def _kept(used: Mapping[str, Plan], kind: str) -> bool:
    """Whether all plans keep those whom they could leave out."""
    return all(kind not in plan.exclusions for plan in used.values())


def _changed(planned: Mapping[str, Plan], registered: Sequence[str | Path]) -> list[str]:
    """What is otherwise in the plans than in those that were registered."""
    found = []
    for path in registered:
        before = read_plan(path)
        if before.name in planned:
            found += differences(before, planned[before.name], Path(path).name)
    return found


def _answers(files: Files) -> pd.DataFrame | None:
    """The answers, or None if they were not exported, which the report says."""
    try:
        return load_answers(files)
    except MissingTable:
        return None


def _problems(files: Files) -> list[str]:
    """What `check` finds wrong, in one sentence."""
    found = [problem for problem in check(files) if problem.severity == ERROR]
    if not found:
        return []
    return [
        f"The exports have {counted(len(found), 'problem')} that python -m analysis check lists; "
        "they were analysed as they are."
    ]


def _page(
    everyone: pd.DataFrame, answers: pd.DataFrame | None, used: Mapping[str, Plan], as_real: bool
) -> Page:
    names = set(everyone["experiment"].dropna())
    present = {name: plan for name, plan in used.items() if name in names}
    if not present:
        raise AnalysisError(
            "Nobody in these exports took part in an experiment of the plan "
            f"({', '.join(used)}), so there is nothing to report. Simulated "
            "participants count with --include-bots, demo and pilot sessions with --include-demo."
        )
    excluded = everyone.attrs.get("excluded", {})
    unknown_columns = list(everyone.attrs.get("unknown_columns", ()))
    everyone = everyone[everyone["experiment"].isin(list(present))]
    chapters = [
        write_chapter(everyone[everyone["experiment"] == name], answers, plan, as_real=as_real)
        for name, plan in present.items()
    ]
    departures = methods.data_departures(everyone, present)
    departures += [
        f"{chapter.plan.title}: {sentence}"
        for chapter in chapters
        for sentence in chapter.departures
    ]
    return Page(
        chapters=chapters,
        cautions=[*_interim(chapters), *methods.cautions(everyone, present.values())],
        left_out=methods.left_out(everyone, excluded, present.values()),
        departures=departures,
        unknown_columns=unknown_columns,
    )


def _interim(chapters: Sequence[Chapter]) -> list[methods.Caution]:
    """Experiments that have fewer participants than planned."""
    found = []
    for chapter in chapters:
        reached = chapter.progress
        if reached is not None and not reached.complete:
            count = f"{reached.analysed:,} of {reached.size:,} planned participants"
            look = f" (planned look {reached.look})" if reached.shown else ""
            found.append(methods.Caution(f"{chapter.plan.title}: {count}{look}", "interim"))
    return found


def _elsewhere(planned: Mapping[str, Plan], own: Sequence[str | Path]) -> list[str]:
    """Plans that are not those of the studies' folders."""
    found = []
    for plan in planned.values():
        its = plan.study.folder / FILE
        if plan.file is not None and own and plan.file.resolve() != its.resolve():
            found.append(f"The plan was read from {plan.file.name} and not from {shown(its)}.")
    return found


def _draws(planned: Mapping[str, Plan], used: Sequence[Plan]) -> list[str]:
    found = []
    for plan in used:
        before = planned[plan.name]
        if plan.draws != before.draws:
            found.append(f"{plan.draws:,} random draws instead of {before.draws:,}.")
        if plan.seed != before.seed:
            found.append(f"Seed {plan.seed} instead of {before.seed}.")
    return list(dict.fromkeys(found))


def _command(files: Sequence[Path], options: Mapping[str, Any]) -> list[str]:
    """The command that makes this report, without the folders it was called with."""
    words: list[Any] = ["python", "-m", "analysis", "report"]
    words += sorted(file.name for file in files)
    words += ["-o", "report"]
    for name, value in options.items():
        if isinstance(value, list):
            words += [word for each in value for word in (f"--{name}", each)]
        elif value is True:
            words.append(f"--{name}")
        elif value is not None and value is not False:
            words += [f"--{name}", value]
    return [str(word) for word in words]


def _outputs(page: Page) -> dict[str, bytes]:
    """Every file but the page and the manifest, by its path in the folder."""
    pictures = [picture for chapter in page.chapters for picture in chapter.pictures]
    tables = [table for chapter in page.chapters for table in chapter.tables]
    frames = [chapter.estimates for chapter in page.chapters if len(chapter.estimates)]
    estimates = pd.concat(frames) if frames else page.chapters[0].estimates
    outputs = {"estimates.csv": estimates.to_csv(index=False, lineterminator="\n").encode()}
    for picture in pictures:
        outputs[f"figures/{picture.name}.svg"] = picture.svg.encode()
        outputs[f"figures/{picture.name}.png"] = picture.png
    for table in tables:
        outputs[f"tables/{table.name}.csv"] = table.csv().encode()
        outputs[f"tables/{table.name}.tex"] = table.latex().encode()
    names = [table.name for table in tables]
    outputs["tables/all_tables.tex"] = latex_document(names).encode()
    return outputs


def _write(target: Path, outputs: dict[str, bytes]) -> None:
    """Write all files; those of an earlier report with other tables go, and no others."""
    for name in manifest.written(target / "manifest.json") - set(outputs):
        (target / name).unlink(missing_ok=True)
    for name, content in outputs.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(content)
