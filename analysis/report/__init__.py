"""The report: the whole planned analysis as one page, with tables and figures beside it.

`write_report` reads exports, `chapter` turns one experiment into findings (`findings`), figures
(`figures`, drawn and saved by `drawing`) and tables (`tabulated`, `diagnosis`, rendered by
`tables`) from its `estimates`; `methods` says how, `page` sets the page, `manifest` records from
what. The same inputs and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError, MissingTable
from analysis.exports.checks import check
from analysis.exports.derived import add_derived
from analysis.exports.participants import load, load_answers
from analysis.exports.problems import ERROR
from analysis.exports.reading import Files, read_files
from analysis.planned.estimate import assigned
from analysis.planned.plan import FILE, Plan, load_plan
from analysis.report import manifest, methods
from analysis.report.chapter import Chapter, write_chapter
from analysis.report.page import Page, render
from analysis.report.tables import latex_document
from analysis.words import counted


def write_report(
    exports: str | Path | Sequence[str | Path],
    directory: str | Path,
    *,
    plan: str | Path | None = None,
    include_bots: bool = False,
    include_demo: bool = False,
    draws: int | None = None,
    seed: int | None = None,
    as_real: bool = False,
) -> Path:
    """Analyse exports as planned and write everything into ``directory``.

    Parameters
    ----------
    exports : CSV files or folders as oTree writes them, of one or both experiments.
    directory : made if it does not exist; files of an earlier report are replaced.
    plan : another plan file than the project's.
    include_bots, include_demo : keep simulated participants, or sessions made from the demo page;
        listed as a departure from the plan.
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
    paths = [exports] if isinstance(exports, str | Path) else list(exports)
    plan_file = Path(plan or FILE)
    planned = load_plan(plan_file)
    used = replace(
        planned,
        draws=planned.draws if draws is None else draws,
        seed=planned.seed if seed is None else seed,
    )
    # Before the work, so that a folder that cannot be written costs no time.
    target = Path(directory)
    check_directory(target, paths)
    target.mkdir(parents=True, exist_ok=True)
    files = read_files(paths)
    everyone = add_derived(
        load(
            files,
            include_bots=include_bots or "bots" not in used.exclusions,
            include_demo=include_demo or "demo" not in used.exclusions,
        )
    )
    page = _page(everyone, _answers(files), planned, used, plan_file, as_real)
    page = replace(page, departures=[*page.departures, *_problems(files)])
    outputs = _outputs(page)
    named = list(files.digests)
    settings = {
        "command": _command(named, plan, include_bots, include_demo, draws, seed, as_real),
        "draws": used.draws,
        "seed": used.seed,
    }
    record = manifest.manifest(files.digests, plan_file.read_bytes(), settings, outputs)
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
    everyone: pd.DataFrame,
    answers: pd.DataFrame | None,
    planned: Plan,
    used: Plan,
    plan_file: Path,
    as_real: bool,
) -> Page:
    present = set(everyone["experiment"].dropna())
    chapters = [
        _chapter(everyone[everyone["experiment"] == name], answers, used, name, as_real)
        for name in used.experiments
        if name in present
    ]
    if not chapters:
        raise AnalysisError(
            "Nobody in these exports took part in an experiment of the plan "
            f"({', '.join(used.experiments)}), so there is nothing to report. Simulated "
            "participants count with --include-bots, demo sessions with --include-demo."
        )
    departures = _plan_departures(planned, used, plan_file)
    departures += methods.data_departures(everyone, used)
    departures += [
        f"{chapter.planned.title}: {sentence}"
        for chapter in chapters
        for sentence in chapter.departures
    ]
    return Page(
        plan=used,
        chapters=chapters,
        cautions=[*_interim(chapters), *methods.cautions(everyone, used)],
        left_out=methods.left_out(everyone, used),
        departures=departures,
        unknown_columns=list(everyone.attrs.get("unknown_columns", ())),
    )


def _interim(chapters: Sequence[Chapter]) -> list[methods.Caution]:
    """Experiments that have fewer participants than planned."""
    found = []
    for chapter in chapters:
        reached = chapter.progress
        if reached is not None and not reached.complete:
            count = f"{reached.analysed:,} of {reached.size:,} planned participants"
            look = f" (planned look {reached.look})" if reached.shown else ""
            found.append(methods.Caution(f"{chapter.planned.title}: {count}{look}", "interim"))
    return found


def _chapter(
    everyone: pd.DataFrame, answers: pd.DataFrame | None, plan: Plan, name: str, as_real: bool
) -> Chapter:
    drawn = assigned(everyone, plan)
    mark = " · ".join(caution.mark for caution in methods.cautions(drawn, plan))
    return write_chapter(
        everyone, drawn, answers, plan.experiments[name], plan, mark, as_real=as_real
    )


def _plan_departures(planned: Plan, used: Plan, plan_file: Path) -> list[str]:
    found = []
    if plan_file.resolve() != FILE.resolve():
        found.append(f"The plan was read from {plan_file.name} and not from analysis/plan.toml.")
    if used.draws != planned.draws:
        found.append(f"{used.draws:,} random draws instead of {planned.draws:,}.")
    if used.seed != planned.seed:
        found.append(f"Seed {used.seed} instead of {planned.seed}.")
    return found


def _command(
    files: Sequence[Path],
    plan: str | Path | None,
    include_bots: bool,
    include_demo: bool,
    draws: int | None,
    seed: int | None,
    as_real: bool,
) -> list[str]:
    """The command that makes this report, without the folders it was called with."""
    words: list[Any] = ["python", "-m", "analysis", "report"]
    words += sorted(file.name for file in files)
    words += ["-o", "report"]
    words += ["--plan", Path(plan).name] if plan is not None else []
    words += ["--include-bots"] if include_bots else []
    words += ["--include-demo"] if include_demo else []
    words += ["--draws", draws] if draws is not None else []
    words += ["--seed", seed] if seed is not None else []
    words += ["--as-real"] if as_real else []
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
