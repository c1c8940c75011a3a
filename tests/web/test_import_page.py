"""The console's page of imports: problems in a table, what goes back to schools as files, the empty roster."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.simulator import SCHOOLS
from tests.web.hall import Hall
from tests.web.test_pages import Window, window  # noqa: F401  a fixture
from verifiable_draw.county import generate_students, write_workbook
from verifiable_draw.rosters.feedback import LIST_SHEET


@pytest.mark.slow
def test_import_page(hall: Callable[..., Hall], window: Callable[[str], Window], tmp_path: Path) -> None:  # noqa: F811
    room = hall()
    good, bad, odd = tmp_path / "第一小学.ods", tmp_path / "第二小学.csv", tmp_path / "第三小学.xlsx"
    first, second = generate_students(SCHOOLS[0], "page"), generate_students(SCHOOLS[1], "page")
    write_workbook(good, {"新生名册": first}, mess=["fullwidth", "nation_without_zu", "unknown_column"])
    write_workbook(
        bad,
        {"新生名册": second},
        mess=["bad_check", "missing_sex", "wrong_sex", "numbered_name"],
        form="csv-gb18030",
    )
    again = tmp_path / "b" / odd.name  # another school calls its file the same
    again.parent.mkdir()
    odd.write_bytes(b"?")
    again.write_bytes(b"?")
    console = window("laptop")
    page = console.page
    page.goto(f"{room.base}/console")
    page.click(".card button >> nth=0")
    page.wait_for_selector("nav")
    page.goto(f"{room.base}/console/rosters")
    console.shot("console-import-before")
    page.set_input_files("#files", [good, bad, odd, again])
    page.click(".drop button")
    page.wait_for_selector("table.problems")
    console.shot("console-import-problems")
    assert page.locator("table.problems tbody tr").count() == 6
    with page.expect_download() as download:
        page.click("text=第二小学.csv-退回.xlsx")
    assert download.value.suggested_filename == "第二小学.csv-退回.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert book.sheetnames == [LIST_SHEET, "CSV"]
    with page.expect_download() as download:
        page.click("text=下载空白名册模板")
    assert openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).sheetnames[0] == "名册"
    page.click("text=English")
    page.wait_for_selector("nav >> text=Ceremony")
    page.goto(f"{room.base}/console/rosters")
    page.wait_for_selector("text=To send back to the schools")
    page.click("text=More options")
    console.shot("console-import-english")
    page.click("text=中文")
    page.wait_for_selector("nav >> text=现场")
    page.goto(f"{room.base}/console/rosters")
    write_workbook(bad, {"新生名册": second}, form="csv")
    page.set_input_files("#files", [bad])
    page.click(".drop button")
    page.wait_for_selector(f"text=已导入 {SCHOOLS[1].students} 名学生")
    assert page.locator("text=退回.xlsx").count() == 0
    assert page.goto(f"{room.base}/console/returned?file=%E7%AC%AC").status == 409
    assert not list(room.folder.glob("import-*"))
    console.complaints.clear()  # the browser complains of the 409 asked for
