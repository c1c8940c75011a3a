"""Folders, modes, PDF, and what is said where a PDF cannot be made."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.canonical import encode
from tests.documents.conftest import LONG, RARE, marks, program
from tests.simulator import ROOT, Simulator
from verifiable_draw.cli import main
from verifiable_draw.documents import pdf
from verifiable_draw.documents.kinds import PUBLIC
from verifiable_draw.documents.making import make
from verifiable_draw.documents.writing import write_documents
from verifiable_draw.errors import UsageError

MODE = 0o777


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_and_modes(marked: Simulator, tmp_path: Path) -> None:
    (tmp_path / "bureau").mkdir(mode=0o755)
    (tmp_path / "bureau").chmod(0o755)  # left open by somebody
    written = write_documents(marked.room, marked.name, tmp_path, only=["plan", "roster"], pdf=False)
    assert {str(path.relative_to(tmp_path)): mode(path) for path in written.paths} == {
        "public/plan.html": 0o644, "bureau/roster-d1.html": 0o600, "bureau/roster-d5.html": 0o600,
    }  # fmt: skip
    assert mode(tmp_path / "bureau") == 0o700
    assert written.waiting == ()
    assert written.boxes == {}


def test_command(marked: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = ["--room", str(marked.folder / "bureau")]

    def run(*arguments: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main(["documents", "s1", str(tmp_path), *room, *arguments])
        said = capsys.readouterr()
        return ended.value.code, said.out + said.err

    code, said = run("--no-pdf", "--copies", "3")
    assert code == 0
    assert "已写出 14 个文件" in said
    assert "正在生成 plan（已完成 0/14）" in said
    assert not [mark for mark in marks() if mark in said]
    assert "第 3 份 / 共 3 份" in (tmp_path / "bureau" / "class-list-d1.html").read_text()
    assert "第 4 份" not in (tmp_path / "bureau" / "class-list-d1.html").read_text()
    assert run("--no-pdf", "--only", "plan", "--only", "everything")[0] == 2
    assert run("--no-pdf", "--copies", "0")[0] == 2


def test_command_says_what_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = Simulator(tmp_path).run("plan")
    story.room.close()
    with pytest.raises(SystemExit) as ended:
        main(["documents", "s1", str(tmp_path / "out"), "--room", str(tmp_path / "bureau"), "--no-pdf"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "还不能生成《分班名单》（或其中一部分）：结果还没有发布。" in said
    assert "本场活动没有这一类抽取" in said
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.html")) == ["incident.html", "minutes.html", "plan.html"]


# --- PDF -----------------------------------------------------------------------------------------------------------


def public_list(story: Simulator) -> bytes:
    return next(p.html for p in make(story.room, story.name, only=["public-list"])[0])


@pytest.fixture(scope="module")
def pdf_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    pdftotext = program("pdftotext", "poppler-utils")

    def read(data: bytes, order: str = "-layout") -> str:
        path = tmp_path_factory.mktemp("pdf") / "a.pdf"
        path.write_bytes(data)
        done = subprocess.run([pdftotext, order, path, "-"], capture_output=True, text=True, check=True)
        return done.stdout

    return read


ALONE = """
import sys
from pathlib import Path
from verifiable_draw.documents.pdf import write_pdf
Path(sys.argv[2]).write_bytes(write_pdf(Path(sys.argv[1]).read_bytes(), "2026-08-25"))
"""


def test_pdf_is_the_same_in_another_process(
    marked: Simulator, tmp_path: Path, pdf_text: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    """The names with rare characters and the long one are there, the hashes and the mark on every page."""
    (paper,) = (p for p in make(marked.room, marked.name, only=["class-list"], copies=2)[0] if p.name == "class-list-d1")
    (tmp_path / "a.html").write_bytes(paper.html)
    here = pdf.write_pdf(paper.html, "2026-08-25")
    environment = {**os.environ, "PYTHONHASHSEED": "77", "SOURCE_DATE_EPOCH": "5", "TZ": "Asia/Shanghai"}
    command = [sys.executable, "-c", ALONE, tmp_path / "a.html", tmp_path / "a.pdf"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    assert (tmp_path / "a.pdf").read_bytes() == here
    assert os.environ.get(pdf.EPOCH) is None
    pages = pdf_text(here).split("\f")[:-1]
    header, result = marked.session.header.hash.hex(), marked.session.published["files_hash"]
    assert len(pages) == 2 * 3
    for number, page in enumerate(pages):
        assert header in page
        assert result in page
        words = page.replace(" ", "")
        assert "演练·不是正式结果" in words
        assert f"第{number // 3 + 1}份/共2份" in words
        assert f"—{number % 3 + 1}—" in words  # every copy begins with page 1
    for name in (LONG, *RARE):
        assert "".join(pdf_text(here, "-raw").split()).count(name) == 2, name  # a long one goes over two lines
    assert pdf.not_drawable(paper.html) == 0
    assert not caplog.records  # WeasyPrint knows everything that the styles ask for


@pytest.mark.slow
def test_all_pdfs(marked: Simulator, tmp_path: Path, pdf_text: Callable[..., str]) -> None:
    """Every document as PDF: hashes on every page, nothing private in what is public, the same bytes again."""
    written = write_documents(marked.room, marked.name, tmp_path / "a", copies=2, pdf=True)
    header, result = marked.session.header.hash.hex(), marked.session.published["files_hash"]
    pdfs = [path for path in written.paths if path.suffix == ".pdf"]
    assert len(pdfs) == 14
    assert not written.boxes
    for path in pdfs:
        text = pdf_text(path.read_bytes())
        pages = text.split("\f")[:-1]
        assert all(header in page and result in page and "演练 · 不是正式结果" in page for page in pages), path.name
        assert mode(path) == (0o644 if path.parent.name == PUBLIC else 0o600)
        if path.parent.name == PUBLIC:
            assert not [mark for mark in marks() if mark in text or mark.encode() in path.read_bytes()], path.name
    assert "标记乙" in pdf_text((tmp_path / "a" / "bureau" / "roster-d1.pdf").read_bytes())
    write_documents(marked.room, marked.name, tmp_path / "b", copies=2, pdf=True)
    for path in pdfs:
        assert (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes() == path.read_bytes(), path.name


def test_characters_without_a_font_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_fonts", lambda: (True, frozenset([*range(0x20, 0x7F), *range(0x4E00, 0x9FFF)])))
    assert pdf.not_drawable("<p>张三 𠮷𠮷 𬴃</p>\n".encode()) == 2


def refused(story: Simulator, out: Path) -> UsageError:
    """The HTML is written before a PDF that cannot be made is refused."""
    with pytest.raises(UsageError) as error:
        write_documents(story.room, story.name, out, only=["plan", "minutes"], pdf=True)
    assert sorted(path.name for path in out.rglob("*.*")) == ["minutes.html", "plan.html"]
    return error.value


def test_no_chinese_font(marked: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_fonts", lambda: (False, frozenset()))
    error = refused(marked, tmp_path)
    assert error.key == "documents.no_font"
    assert "fonts-noto-cjk" in error.text.hint_zh


def test_fonts_are_looked_for_with_fontconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose fontconfig knows nothing, and one without fontconfig."""
    fake = tmp_path / "fc-list"
    for script in ("#!/bin/sh\n", None):
        pdf._fonts.cache_clear()
        if script is None:
            fake.unlink()
        else:
            fake.write_text(script)
            fake.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(UsageError) as error:
            pdf.require_chinese()
        assert error.value.key == "documents.no_font"
    pdf._fonts.cache_clear()
    monkeypatch.undo()
    pdf.require_chinese()


def test_without_weasyprint_or_its_libraries(marked: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (error, key) in enumerate(
        [(ImportError("no"), "documents.no_weasyprint"), (OSError("libpango\nmore"), "documents.no_pango")]
    ):

        def missing(_name: str, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(pdf, "import_module", missing)
        assert refused(marked, tmp_path / str(number)).key == key


def test_a_document_fetches_nothing(marked: Simulator) -> None:
    """A page that asked for a picture would be our mistake, and ends there."""
    html = public_list(marked)
    assert b"://" not in html
    with pytest.raises(ValueError, match="asks for"):
        pdf._no_fetching("https://example.com/a.png")


def test_an_out_that_is_a_file(marked: Simulator, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(encode({}))
    with pytest.raises(UsageError) as error:
        write_documents(marked.room, marked.name, tmp_path / "out", only=["plan"], pdf=False)
    assert error.value.key == "file.write_failed"
