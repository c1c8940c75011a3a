"""Documents into a folder: what anybody may see in `public/`, what holds names in `bureau/`, for its owner only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from verifiable_draw.documents.kinds import BUREAU, Document
from verifiable_draw.documents.making import Progress, make
from verifiable_draw.documents.pdf import not_drawable, write_pdf
from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.room import Room

FOLDER_MODE = {BUREAU: 0o700}
FILE_MODE = {BUREAU: 0o600}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written; `waiting`: documents that cannot be made yet, and what they wait for.

    `boxes`: file name -> characters that no font here has, printed as boxes.
    """

    paths: tuple[Path, ...]
    waiting: tuple[tuple[Document, str], ...]
    boxes: dict[str, int]


def write_documents(
    room: Room, session: str, out: Path, *, only: Collection[str] = (), copies: int = 5, pdf: bool,
    progress: Progress = lambda _name, _done, _all: None,
) -> Written:  # fmt: skip
    """Write a session's documents below `out`. The HTML is there even where a PDF cannot be made.

    `progress` is told the name of each document before it is made, how many are done, and of how many.
    """
    day = str(room.view.session(session).plan.value["date"])
    papers, waiting = make(room, session, only, copies, progress)
    paths: list[Path] = []
    boxes: dict[str, int] = {}
    trouble: UsageError | None = None
    for paper in papers:
        folder = _folder(out, paper.document.audience)
        mode = FILE_MODE.get(paper.document.audience, 0o644)
        paths.append(folder / f"{paper.name}.html")
        write_durable(paths[-1], paper.html, mode)
        if not pdf or trouble is not None:
            continue
        try:
            data = write_pdf(paper.html, day)
        except UsageError as error:  # nothing this machine can do: the rest is written as HTML first
            trouble = error
            continue
        paths.append(folder / f"{paper.name}.pdf")
        write_durable(paths[-1], data, mode)
        missing = not_drawable(paper.html)
        if missing:
            boxes[paths[-1].name] = missing
    if trouble is not None:
        raise trouble
    return Written(tuple(paths), tuple(waiting), boxes)


def _folder(out: Path, audience: str) -> Path:
    """The folder of an audience; one that holds names is closed to others before anything is in it."""
    folder = out / audience
    try:
        folder.mkdir(mode=FOLDER_MODE.get(audience, 0o755), parents=True, exist_ok=True)
        if audience in FOLDER_MODE:
            folder.chmod(FOLDER_MODE[audience])
    except OSError as error:
        raise UsageError("file.write_failed", path=str(folder), detail=error.strerror or str(error)) from error
    return folder
