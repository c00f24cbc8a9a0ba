"""The codebook explains every column that is exported, to people and to programs."""

import json
import re

import pytest

from analysis.exports.codebook import explain, markdown, wide_columns, write_codebook
from study.finding import studies, study_of

TABLES = ("answers", "comprehension", "assignment")


def test_names_are_resolved_in_every_form():
    study = study_of("info_source")
    column = study.columns["stratum"]
    assert explain(f"{study.app}.1.player.stratum") == column
    assert explain("player.stratum") == column
    assert explain("stratum") == column
    assert explain(f"{study.app}.1.subsession.seed") == study.session_columns["seed"]
    assert "task" in explain("session.config.task").description
    assert explain(f"{study.app}.1.player.id_in_group") == explain("player.id_in_group")
    assert explain("response_ms") in study.tables["answers"].columns
    assert explain("intake.1.player.psm_8") == study.columns["psm_8"]
    assert explain("closing.1.player.donation") == study.columns["donation"]


@pytest.mark.parametrize(
    "name",
    [
        "info_source_experiment.1.player.reward",
        "info_source_experiment.2.player.consent",
        "trust.1.player.id_in_group",
        "player.psm_9",
        "session.config.colour",
        "participant.shoe_size",
        "group.arm",
        "",
        "player.",
    ],
)
def test_a_column_that_is_not_ours_is_not_explained(name):
    assert explain(name) is None


def test_every_column_has_a_meaning():
    for column in wide_columns():
        assert column.description.strip(), column.name
        assert column.description.endswith("."), column.name


def test_markdown_names_every_column_and_value():
    text = markdown()
    for study in studies().values():
        for column in study.columns.values():
            assert f"`{column.name}`" in text
            assert all(f"`{value}`" in text for value in column.values)
        assert all(f"`{name}`" in text for name in study.measures)
        assert all(f"`session.config.{name}`" in text for name in study.parameters)
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if line[:1] == "|"}
    assert widths == {5}


def test_the_table_schema_covers_every_table(tmp_path):
    [_, path] = write_codebook(tmp_path / "a folder" / "codebook")
    package = json.loads(path.read_text(encoding="utf-8"))
    resources = {each["name"]: each for each in package["resources"]}
    assert {re.sub(r"_\d$", "", name) for name in resources} == {"participants", *TABLES}
    for study in studies().values():
        for name, table in study.tables.items():
            [own] = [
                each
                for called, each in resources.items()
                if re.sub(r"_\d$", "", called) == name
                and any(path.startswith(study.app) for path in each["path"])
            ]
            fields = [field["name"] for field in own["schema"]["fields"]]
            assert fields == [column.name for column in table.columns]
    for resource in resources.values():
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert len(set(names)) == len(names)
        assert set(resource["schema"]["primaryKey"]) <= set(names)


def test_the_table_schema_holds_types_and_ranges(tmp_path):
    [_, path] = write_codebook(tmp_path)
    package = json.loads(path.read_text(encoding="utf-8"))
    fields = {f["name"]: f for f in package["resources"][0]["schema"]["fields"]}
    psm = fields["info_source_experiment.1.player.psm_1"]
    assert psm["constraints"] == {"minimum": 1, "maximum": 5}
    assert fields["info_source_experiment.1.player.consent"]["trueValues"] == ["1"]
    assert fields["incentive_experiment.1.player.comment"]["constraints"] == {"maxLength": 2000}
    assert "woman" in fields["incentive_experiment.1.player.gender"]["constraints"]["enum"]


def test_the_same_declarations_give_the_same_bytes(tmp_path):
    first = [path.read_bytes() for path in write_codebook(tmp_path / "a")]
    assert first == [path.read_bytes() for path in write_codebook(tmp_path / "b")]
