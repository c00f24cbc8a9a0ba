"""`read_export` reads what oTree 3 to 6 write, whole, and refuses what is broken by name."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.exports.reading import read_export

EXPORTS = Path(__file__).with_name("exports")
VERSIONS = ["otree3", "otree4", "otree5", "otree6"]


@pytest.fixture
def folder(tmp_path):
    """A folder with a foreign project's exports, to be broken."""
    return Path(shutil.copytree(EXPORTS / "otree6", tmp_path / "my exports"))


@pytest.fixture
def wide(folder):
    return folder / "all_apps_wide-2026-05-06.csv"


@pytest.fixture
def trust(folder):
    return folder / "trust-2026-05-06.csv"


def cells(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def edit(path, old, new, count=-1):
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, count).encode())


# ---------------------------------------------------------------------------------- formats


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_otree_reads_alike(version):
    export = read_export(EXPORTS / version)
    assert list(export.participants["participant.code"]) == [
        "a1b2c3d4",
        "e5f6g7h8",
        "12345678",
        "z9y8x7w6",
    ]
    assert list(export.participants["participant._is_bot"]) == [0, 0, 1, 0]
    assert list(export.participants["participant.visited"]) == [1, 1, 1, 0]
    assert export.participants["participant.payoff"].tolist() == [7, 7, 7, 0]
    assert pd.isna(export.participants["participant.time_started_utc"].iloc[3])
    assert set(export.apps) == {"trust", "survey"}
    trust = export.apps["trust"]
    assert len(trust) == 8
    assert sorted(trust["subsession.round_number"].unique()) == [1, 2]
    assert export.page_times["epoch_time_completed"].dtype == "Int64"
    assert export.page_times["participant_code"].iloc[0] == "a1b2c3d4"


@pytest.mark.parametrize("version", VERSIONS)
def test_wide_and_per_app_files_say_the_same(version, tmp_path):
    wide = next((EXPORTS / version).glob("all_apps_wide*"))
    apps = [*(EXPORTS / version).glob("trust[-_]20*"), *(EXPORTS / version).glob("survey*")]
    from_wide, from_apps = read_export(wide), read_export(apps)
    order = ["participant.code", "subsession.round_number"]
    for app in ("trust", "survey"):
        a, b = (each.apps[app].sort_values(order) for each in (from_wide, from_apps))
        pd.testing.assert_frame_equal(
            a.reset_index(drop=True), b[a.columns].reset_index(drop=True)
        )


def test_types_follow_the_values_and_leading_zeros_stay():
    trust = read_export(EXPORTS / "otree6").apps["trust"]
    assert trust["player.sent"].dtype == "Int64"
    assert trust["player.payoff"].dtype == "Float64"
    assert trust["player.badge"].dtype == "string"
    assert trust["player.badge"].dropna().unique().tolist() == ["007"]


def test_a_code_of_digits_stays_text():
    assert read_export(EXPORTS / "otree3").participants["participant.code"].dtype == "string"


def test_empty_is_missing_and_never_zero():
    trust = read_export(EXPORTS / "otree5").apps["trust"]
    absent = trust[trust["participant.code"] == "z9y8x7w6"]
    assert absent["player.sent"].isna().all()


def test_wide_puts_everything_of_a_participant_into_one_row():
    wide = read_export(EXPORTS / "otree6").wide()
    assert len(wide) == 4
    assert wide["trust.2.player.sent"].tolist()[:3] == [5, 10, 15]
    assert "survey.1.player.opinion" in wide


def test_custom_exports_are_kept_by_name_with_equal_rows_and_empty_tables():
    custom = read_export(EXPORTS / "otree6").custom
    assert set(custom) == {"trust_custom_export", "trust_custom_export_bids"}
    assert len(custom["trust_custom_export"]) == 2
    assert custom["trust_custom_export_bids"].empty


def test_a_line_break_inside_a_chat_message_is_no_new_row():
    chat = read_export(EXPORTS / "otree5").chat
    assert chat["body"].tolist() == ["two\nlines"]


def test_kinds_are_recognised_by_the_header_not_the_name(folder, wide, trust):
    wide.rename(folder / "monday.csv")
    trust.rename(folder / "data (1).csv")
    export = read_export(folder)
    assert export.files[str(folder / "monday.csv")] == "wide"
    assert export.files[str(folder / "data (1).csv")] == "app"
    # Its columns are those of the wide file's trust, so nothing doubles.
    assert set(export.apps) == {"trust", "survey"}
    assert len(export.apps["trust"]) == 8


def test_other_files_in_a_folder_are_named_and_ignored(folder):
    (folder / "notes.txt").write_text("hello")
    (folder / ".~lock.trust.csv#").write_text("lock")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "broken.csv").write_text("x")
    ignored = read_export(folder).ignored
    assert [Path(name).name for name in ignored] == [".~lock.trust.csv#", "notes.txt"]


def test_paths_with_spaces_home_and_backslashes(folder, wide, monkeypatch):
    assert len(read_export(str(wide)).participants) == 4
    monkeypatch.chdir(folder.parent)
    assert len(read_export("my exports\\all_apps_wide-2026-05-06.csv").participants) == 4
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(read_export("~/my exports").participants) == 4


def test_a_byte_order_mark_changes_nothing(wide):
    before = read_export(wide).participants
    wide.write_bytes(b"\xef\xbb\xbf" + wide.read_bytes())
    pd.testing.assert_frame_equal(read_export(wide).participants, before)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r\r\n"])
def test_line_endings_of_all_systems(wide, ending):
    text = wide.read_bytes().decode().replace("\r\n", "\n").replace("\n", ending)
    wide.write_bytes(text.encode())
    assert len(read_export(wide).participants) == 4


# ---------------------------------------------------------------------------------- merging


def test_the_same_file_twice_doubles_nothing(folder, wide):
    shutil.copy(wide, folder / "all_apps_wide-2026-05-06 (1).csv")
    shutil.copy(folder / "trust_custom_export-2026-05-06.csv", folder / "trust_custom.csv")
    export = read_export([folder, wide, str(wide)])
    assert len(export.participants) == 4
    assert len(export.apps["trust"]) == 8
    assert len(export.custom["trust_custom_export"]) == 2


def test_several_sessions_with_different_columns_come_together(folder, wide):
    rows = cells(wide)
    extra = folder / "all_apps_wide-2026-06-01.csv"
    second = [[*rows[0], "participant.mood"]]
    for row in rows[1:]:
        second.append([cell.replace("m0use6ab", "second00") for cell in row] + ["calm"])
    write(extra, second)
    people = read_export([wide, extra]).participants
    assert len(people) == 8
    assert people["participant.mood"].isna().tolist() == [True] * 4 + [False] * 4


def test_a_session_without_an_app_gets_no_rows_for_it(wide):
    rows = cells(wide)
    survey = [i for i, name in enumerate(rows[0]) if name.startswith("survey.")]
    rows[2] = ["" if i in survey else cell for i, cell in enumerate(rows[2])]
    write(wide, rows)
    assert len(read_export(wide).apps["survey"]) == 3


def test_exports_of_different_moments_are_refused_with_both_places(folder, wide):
    later = folder / "all_apps_wide-2026-05-07.csv"
    shutil.copy(wide, later)
    edit(later, "fine, thanks", "changed my mind", 1)
    with pytest.raises(AnalysisError) as refused:
        read_export([wide, later])
    message = str(refused.value)
    assert str(later) in message
    assert "row 2" in message
    assert "player.opinion" in message
    assert str(wide) in message


def test_a_number_written_differently_is_no_contradiction(trust):
    edit(trust, ",3.0,", ",3,")
    assert len(read_export(trust.parent).apps["trust"]) == 8


# ----------------------------------------------------------------------------- broken files


def refused(path, *parts):
    with pytest.raises(AnalysisError) as error:
        read_export(path)
    for part in (Path(path).name, *parts):
        assert part in str(error.value), str(error.value)


def test_cut_off_in_the_middle_of_a_row(wide):
    wide.write_bytes(wide.read_bytes()[:-60])
    refused(wide, "row 5", "cut off")


def test_cut_off_in_the_middle_of_a_quoted_cell(wide):
    data = wide.read_bytes()
    wide.write_bytes(data[: data.rindex(b"pilot, morning") + 5])
    refused(wide, "row 5", "quoted cell never ends")


def test_a_lost_quotation_mark_in_the_middle(wide):
    edit(wide, 'morning"', "morning", 1)
    refused(wide, "row 2")


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_saved_anew_by_a_spreadsheet(wide, separator, name):
    rows = cells(wide)
    with wide.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    refused(wide, name)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16(wide, encoding):
    wide.write_bytes(wide.read_bytes().decode().encode(encoding))
    refused(wide)


def test_latin_1_with_row_and_column(wide):
    data = wide.read_bytes().decode().replace("fine, thanks", "benissimo, è ok", 1)
    wide.write_bytes(data.encode("latin-1"))
    refused(wide, "row 2", "survey.1.player.opinion", "UTF-8")


def test_a_nul_byte_with_row_and_column(wide):
    edit(wide, "fine, thanks", "fine, \0thanks", 1)
    refused(wide, "row 2", "survey.1.player.opinion", "NUL")


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file(wide, content):
    wide.write_bytes(content)
    refused(wide, "empty")


def test_a_header_only(wide):
    write(wide, cells(wide)[:1])
    refused(wide, "no participants")


def test_a_file_that_is_no_export(folder):
    path = folder / "shopping.csv"
    path.write_text("item,price\r\nbread,3\r\n")
    refused(path, "not an export", "item, price")


def test_a_spreadsheet_under_the_name_of_a_csv(folder):
    path = folder / "trust.csv"
    path.write_bytes(b"PK\x03\x04 and so on")
    refused(path, "spreadsheet")


def test_a_participant_twice_in_one_file(wide):
    rows = cells(wide)
    write(wide, [*rows, rows[1]])
    refused(wide, "row 6", "a1b2c3d4", "after row 2")


def test_a_column_twice(wide):
    rows = cells(wide)
    write(wide, [[*row, row[-1]] for row in rows])
    refused(wide, "twice", rows[0][-1])


def test_more_cells_than_columns(wide):
    rows = cells(wide)
    rows[3].append("surplus")
    write(wide, rows)
    refused(wide, "row 4", "cells")


def test_text_where_a_number_belongs(wide):
    rows = cells(wide)
    rows[2][rows[0].index("participant.payoff")] = "seven"
    write(wide, rows)
    refused(wide, "row 3", "participant.payoff", "'seven'")


def test_a_missing_code(wide):
    rows = cells(wide)
    rows[2][rows[0].index("participant.code")] = ""
    write(wide, rows)
    refused(wide, "row 3", "participant.code")


def test_what_does_not_exist_is_named():
    with pytest.raises(AnalysisError, match=r"no file or folder 'nowhere\.csv'"):
        read_export("nowhere.csv")
    with pytest.raises(AnalysisError, match="No file or folder"):
        read_export([])


def test_a_folder_without_csv_files_says_what_is_there(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"")
    with pytest.raises(AnalysisError, match=r"photo\.png"):
        read_export(tmp_path)


def test_a_huge_cell_is_read(folder):
    path = folder / "trust_custom_export-2026-05-06.csv"
    rows = cells(path)
    rows[1][3] = "x" * 300_000
    write(path, rows)
    assert len(read_export(path).custom["trust_custom_export"]["note"].iloc[0]) == 300_000
