"""Single rules of the import, each on a sheet of a few rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from verifiable_draw.rosters.codes import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifiable_draw.rosters import ImportReport

    Imported = Callable[..., ImportReport]

GIRL, OTHER_GIRL = "990001202003040042", "99000120200304000X"


def codes(report: ImportReport) -> list[str]:
    """Return the codes of all problems in order."""
    return [problem.code for problem in report.problems]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("张 三", "张三"),
        ("张\u3000三\u00a0", "张三"),
        ("张\u200b三", "张三"),
        ("阿依.古丽", "阿依·古丽"),
        ("阿依 · 古丽", "阿依·古丽"),
        ("Anna  Maria", "Anna Maria"),
        ("Mary Ann O'Neil-Wu", "Mary Ann O'Neil-Wu"),
        ("\uf900", "\u8c48"),
        ("王\U00031350", "王\U00031350"),
        ("王〇", "王〇"),
    ],
)
def test_names(written: str, name: str, imported: Imported) -> None:
    report = imported({"name": written})
    assert codes(report) == []
    assert [student.name for student in report.students] == [name]
    assert bool(report.repairs) == (written != name)


@pytest.mark.parametrize(
    "name", ["张三1", "张三(大)", "张?", "张\ufffd", "张\ue123", "···", 12345, "张" * 61, "⿰氵三"]
)
def test_no_names(name: object, imported: Imported) -> None:
    assert codes(imported({"name": name})) == ["bad_name"]


def test_children_of_one_name_are_no_problem(imported: Imported) -> None:
    report = imported({}, {"document_number": OTHER_GIRL})
    assert codes(report) == []
    assert len(report.students) == 2


def test_a_child_without_document_is_known_by_registration(imported: Imported) -> None:
    number = "L990001202003040042"
    child = {"document_type": "其他", "document_number": "", "registration": number.lower()}
    (student,) = imported(child).students
    assert (student.document_type, student.document_number, student.registration) == ("G", number, number)
    assert codes(imported(child | {"registration": ""})) == ["no_identity"]
    assert codes(imported(child | {"registration": "L1"})) == ["bad_registration"]
    assert codes(imported(child | {"document_type": "G"})) == []
    assert codes(imported(child | {"document_type": "G", "document_number": "12345"})) == ["fallback_number"]


def test_one_citizen_number_under_three_documents_is_one_child(imported: Imported) -> None:
    report = imported(
        {"document_number": GIRL},
        {"document_type": "户口簿", "document_number": GIRL},
        {"document_type": "其他", "document_number": "", "registration": f"G{GIRL}"},
    )
    assert codes(report) == ["duplicate_student", "duplicate_student"]


def test_brackets_and_case_do_not_make_two_children(imported: Imported) -> None:
    report = imported(
        {"document_type": "6", "document_number": "R123456(7)"}, {"document_type": "6", "document_number": "r1234567"}
    )
    assert codes(report) == ["duplicate_student"]


def test_one_number_of_two_documents_is_two_children(imported: Imported) -> None:
    report = imported(
        {"document_type": "A", "document_number": "E1234567"}, {"document_type": "9", "document_number": "E1234567"}
    )
    assert codes(report) == []


@pytest.mark.parametrize("number", [12345678, 990001202003040042, 9.9e17])
@pytest.mark.parametrize(
    ("document_type", "field"), [("A", "document_number"), ("1", "document_number"), ("1", "registration")]
)
def test_number_cells_are_refused_where_digits_could_be_lost(
    number: float, document_type: str, field: str, imported: Imported
) -> None:
    report = imported({"document_type": document_type, field: number})
    assert codes(report) == ["id_number_cell"]
    assert "文本" in report.problems[0].advice_zh


def test_a_destroyed_number_is_found_even_under_an_unknown_type(imported: Imported) -> None:
    assert codes(imported({"document_type": "学生证", "document_number": 9.9e17})) == [
        "bad_document_type",
        "id_number_cell",
    ]


@pytest.mark.parametrize("grade", ["1", 1, 1.0, "1.0", "一年级", "1年级", "小学一年级", " 1 ", "一"])
def test_first_grade(grade: object, imported: Imported) -> None:
    assert [student.grade for student in imported({"grade": grade}).students] == [1]


@pytest.mark.parametrize("grade", ["7", 7, "七年级", "初一", "7.0", "初中一年级"])
def test_seventh_grade(grade: object, imported: Imported) -> None:
    assert [student.grade for student in imported({"grade": grade}).students] == [7]


@pytest.mark.parametrize(
    ("field", "value"), [("grade", 1.5), ("grade", "8"), ("ethnicity", "57"), ("ethnicity", "00"), ("sex", "0")]
)
def test_codes_outside_the_tables(field: str, value: object, imported: Imported) -> None:
    assert len(codes(imported({field: value}))) == 1


@pytest.mark.parametrize("value", [1.5, 1e15, -1e15])
def test_numbers_that_are_no_exact_integers(value: float, imported: Imported) -> None:
    assert codes(imported({"twin_group": value})) == ["inexact_number"]


def test_empty_optional_columns_mean_no(imported: Imported) -> None:
    optional = [column.field for column in COLUMNS if not column.required and column.field != "document_number"]
    for without in ((), optional):
        (student,) = imported({}, without=without).students
        assert not (student.migrant)
        assert not (student.disability)
        assert not (student.staff_child)
        assert (student.twin_group, student.twin_wish, student.primary_school, student.registration) == ("", "", "", "")


@pytest.mark.parametrize("field", [column.field for column in COLUMNS if column.required])
def test_each_required_column(field: str, imported: Imported) -> None:
    report = imported({}, {"document_number": OTHER_GIRL}, without=[field])
    assert codes(report) == ["missing_column"]
    assert report.students == ()


def test_a_missing_number_column_is_one_problem(imported: Imported) -> None:
    assert codes(imported({}, {}, {}, without=["document_number"])) == ["missing_column"]


def test_a_misspelt_optional_column_is_not_dropped_in_silence(imported: Imported) -> None:
    report = imported({"migrant": "是"}, titles={"migrant": "随千子女"})
    assert [repair.code for repair in report.repairs] == ["column_ignored"]


def test_group_numbers_count_within_a_school_and_grade(imported: Imported) -> None:
    numbers = ["990001202003040042", "99000120200304000X", "99000120200304086X", "990001202003040026"]
    pair = {"twin_group": "1", "twin_wish": "同班", "consent": "是"}
    schools = ["9910000001", "9910000002", "9910000002", "9910000001"]
    children = [
        pair | {"document_number": number, "school": school} for number, school in zip(numbers, schools, strict=True)
    ]
    assert codes(imported(*children)) == []
    assert codes(imported(*children[:2])) == ["twin_place", "twin_place"]
    assert codes(imported(children[0])) == ["twin_alone"]


def test_a_broken_twin_does_not_make_the_other_one_lonely(imported: Imported) -> None:
    pair = {"twin_group": "1", "twin_wish": "同班", "consent": "是"}
    assert codes(imported(pair, pair | {"document_number": "990001202003040043"})) == ["id_check"]
    assert codes(imported(pair, pair | {"document_number": OTHER_GIRL, "school": "99"})) == ["bad_school"]


def test_a_group_without_any_wish(imported: Imported) -> None:
    pair = {"twin_group": "1", "consent": "是"}
    assert codes(imported(pair, pair | {"document_number": OTHER_GIRL})) == ["twin_wish_missing", "twin_wish_missing"]


def test_every_sibling_needs_the_guardians_consent(imported: Imported) -> None:
    pair = {"twin_group": "1", "twin_wish": "分班"}
    children = (pair | {"consent": "是"}, pair | {"document_number": OTHER_GIRL})
    report = imported(*children)
    assert codes(report) == ["twin_consent_missing"]
    assert report.problems[0].where.row == 3
    report = imported(*children, without=["consent"])
    assert codes(report) == ["twin_consent_missing", "twin_consent_missing"]
    (student,) = imported({"consent": "是"}).students
    assert student.consent


@pytest.mark.parametrize(
    "written",
    [
        "2020-03-04", "2020/3/4", "2020.3.4", "2020年3月4日", "2020年03月04日", "20200304", 20200304, 20200304.0,
        date(2020, 3, 4), datetime.fromisoformat("2020-03-04"), "２０２０－３－４", " 2020-03-04 ", "2020-03-04 00:00:00",
    ],
)  # fmt: skip
def test_dates(written: object, imported: Imported) -> None:
    report = imported({"birth_date": written})
    assert codes(report) == []
    assert [student.birth_date for student in report.students] == ["2020-03-04"]
    plain = isinstance(written, date) or written == "2020-03-04"
    assert [repair.code for repair in report.repairs if repair.code != "number_cell"] != [] or plain


@pytest.mark.parametrize(
    "written",
    [
        "2020-02-30", "2020-3/4", "3/4/2020", "20-03-04", "2020-03", 43894, 43894.5, "202034", "1899-12-31", "昨天", True,
        datetime.fromisoformat("2020-03-04T12:30"), "2020年3月4", "2020-03-04 08:00",
    ],
)  # fmt: skip
def test_no_dates(written: object, imported: Imported) -> None:
    assert codes(imported({"birth_date": written})) == ["bad_birth_date"]


@pytest.mark.parametrize("document_type", ["居民身份证", "户口簿", "其他"])
def test_the_sex_is_the_one_of_the_number(document_type: str, imported: Imported) -> None:
    assert codes(imported({"document_type": document_type})) == []
    assert codes(imported({"document_type": document_type, "sex": "男"})) == ["id_sex"]
    assert codes(imported({"document_type": "护照", "document_number": "E1234567", "sex": "男"})) == []


def test_the_date_of_birth_is_the_one_of_the_number(imported: Imported) -> None:
    assert codes(imported({"birth_date": "2020-03-05"})) == ["birth_date_differs"]
    household = {"document_type": "户口簿"}
    assert codes(imported(household | {"birth_date": "2020-03-05"})) == ["birth_date_differs"]
    assert codes(imported(household)) == []
    passport = {"document_type": "A", "document_number": "E1234567"}
    assert [student.birth_date for student in imported(passport).students] == ["2020-03-04"]
    assert codes(imported(passport | {"birth_date": ""})) == ["birth_date_missing"]
    assert codes(imported(passport, without=["birth_date"])) == []
    assert [student.birth_date for student in imported({"birth_date": None}).students] == [""]


@pytest.mark.parametrize(("written", "pin"), [("3", 3), (3, 3), ("3班", 3), ("3.0", 3), ("200", 200), ("１２", 12)])
def test_pins(written: object, pin: int, imported: Imported) -> None:
    (student,) = imported({"pin_class": written, "pin_reason": "无障碍需要"}).students
    assert (student.pin_class, student.pin_reason) == (pin, "accessibility")


@pytest.mark.parametrize("written", ["0", "201", "-1", "03", "甲班", 1.5, date(2020, 3, 4)])
def test_no_pins(written: object, imported: Imported) -> None:
    assert len(codes(imported({"pin_class": written, "pin_reason": "court"}))) == 1


@pytest.mark.parametrize(
    ("written", "reason"),
    [("resource_room", "resource_room"), ("资源教室", "resource_room"), ("Court", "court"), ("人身 保护", "protection"),
     ("无障碍", "accessibility")],
)  # fmt: skip
def test_reasons(written: str, reason: str, imported: Imported) -> None:
    assert [student.pin_reason for student in imported({"pin_class": 1, "pin_reason": written}).students] == [reason]


@pytest.mark.parametrize("written", ["其他", "成绩", "特长", "other", "1"])
def test_there_is_no_other_reason(written: str, imported: Imported) -> None:
    assert codes(imported({"pin_class": 1, "pin_reason": written})) == ["bad_pin_reason"]


def test_pins_need_a_class_and_a_reason(imported: Imported) -> None:
    assert codes(imported({"pin_class": 1})) == ["pin_without_reason"]
    assert codes(imported({"pin_reason": "court"})) == ["pin_without_class"]
    assert codes(imported({"pin_class": 1}, without=["pin_reason"])) == ["pin_without_reason"]


def test_pins_of_siblings_agree_with_their_wish(imported: Imported) -> None:
    def pins(wish: str, *classes: object) -> list[str]:
        numbers = ["990001202003040042", "99000120200304000X", "990001202003040026"]
        pair = {"twin_group": "1", "twin_wish": wish, "consent": "是"}
        return codes(
            imported(
                *(
                    pair | {"document_number": number, "pin_class": pin, "pin_reason": "court" if pin else ""}
                    for number, pin in zip(numbers, classes, strict=False)
                )
            )
        )

    assert pins("同班", 1, 1) == pins("同班", 1, None) == pins("分班", 1, 2) == pins("分班", 1, None, 2) == []
    assert pins("同班", 1, 2) == ["pins_of_unit_differ"]
    assert pins("同班", None, 1, 2) == ["pins_of_unit_differ"]
    assert pins("分班", 1, 2, 1) == ["pins_of_apart_same"]


@pytest.mark.parametrize("start", ["备注", "合计", "填表人：某某", "日期", "说明"])
def test_a_row_with_an_identity_number_is_never_a_note(start: str, imported: Imported) -> None:
    row = [start, None, "李四", "女", "1", OTHER_GIRL]
    report = imported({}, below=[row])
    assert codes(report) != []
    report = imported({}, below=[[start, None, 45]])
    assert codes(report) == []
    assert [repair.code for repair in report.repairs] == ["note_skipped"]


def test_a_student_above_the_header(imported: Imported) -> None:
    assert codes(imported({}, above=[["名册"], ["x", GIRL]])) == ["data_before_header"]


def test_a_second_header_in_another_order_still_heads_its_rows(imported: Imported) -> None:
    titles = ["民族", "姓名", "性别", "身份证件类型", "身份证件号", "学校标识码", "年级"]
    report = imported({}, below=[[], titles, ["苗族", "李四", "女", "1", OTHER_GIRL, "9910000001", "1"]])
    assert codes(report) == ["header_twice"]
    assert [student.ethnicity for student in report.students] == ["06", "01"]


def test_a_header_without_students(imported: Imported) -> None:
    assert codes(imported()) == ["no_students"]
