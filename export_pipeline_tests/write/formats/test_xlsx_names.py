import pytest

from export_pipeline.write.formats.xlsx_names import sheet_name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("logs", "logs"),
        ("public.log_entries", "public.log_entries"),
        ("a[1]:b*c?d/e\\f", "a_1__b_c_d_e_f"),
        ("tab\there\x00", "tab_here_"),
        ("x" * 40, "x" * 31),
        ("😀" * 20, "😀" * 15),
        ("'quoted'", "quoted"),
        ("it's", "it's"),
        ("", "sheet"),
        (" ' ", "sheet"),
        ("History", "History (2)"),
        ("\ud800", "_"),
    ],
)
def test_a_name_becomes_one_that_excel_takes(wanted: str, name: str) -> None:
    assert sheet_name(wanted, []) == name


def test_a_name_that_is_used_whatever_its_case_gets_a_number() -> None:
    assert sheet_name("Logs", ["logs"]) == "Logs (2)"
    assert sheet_name("STRASSE", ["straße", "strasse (2)"]) == "STRASSE (3)"


def test_a_long_name_makes_room_for_its_number() -> None:
    used: list[str] = []
    for _ in range(11):
        used.append(sheet_name("a name of more than thirty-one characters", used))
    assert len(set(used)) == 11
    assert all(len(name) in {30, 31} for name in used)
    assert used[10] == "a name of more than thirty (11)"
