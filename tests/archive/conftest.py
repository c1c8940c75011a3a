from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.simulator import Simulator
from verifiable_draw.archive import building
from verifiable_draw.archive.building import Disc
from verifiable_draw.archive.sealed_disc import Inspector

DOCUMENTS = {"方案.txt": "测试方案\n", "forms/minutes.txt": "minutes\n" * 900, "forms/empty.txt": "", "it's [1].txt": "x"}


@pytest.fixture(scope="session")
def programs() -> None:
    """xorriso and par2; under CI=true they must be there."""
    missing = [name for name in ("xorriso", "par2") if shutil.which(name) is None]
    if missing:
        message = f"not installed: {missing}; on Debian: apt-get install xorriso par2"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@dataclass
class Archive:
    """A published session, its discs, and the entries that name them."""

    story: Simulator
    out: Path
    public: Disc
    sealed: Disc
    documents: Path

    @property
    def ledger(self) -> Path:
        return self.story.folder / "bureau"

    @property
    def bag(self) -> Path:
        return self.out / "public"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory, programs: None) -> Iterator[Archive]:
    """Tests only read it."""
    folder = tmp_path_factory.mktemp("archive")
    documents = folder / "papers"
    for name, content in DOCUMENTS.items():
        (documents / name).parent.mkdir(parents=True, exist_ok=True)
        (documents / name).write_text(content)
    story = Simulator(folder / "story").run()
    inspector = Inspector("h1", bytes(story.holders["h1"].sealing.public_key))
    discs = building.build(story.room, "s1", folder / "discs", documents=documents, inspector=inspector)
    for disc in discs:
        assert building.enter(story.room, "s1", disc, f"disc-{disc.path.stem}") is not None
    yield Archive(story, folder / "discs", discs[0], discs[1], documents)
    story.room.close()


@pytest.fixture
def copy(archive: Archive, tmp_path: Path) -> Path:
    """The public disc's folder, to be damaged."""
    return Path(shutil.copytree(archive.bag, tmp_path / "copy"))


@pytest.fixture
def flip() -> Callable[[Path, int], None]:
    """Change one byte of a file."""

    def change(path: Path, place: int) -> None:
        data = bytearray(path.read_bytes())
        data[place] ^= 0xFF
        path.write_bytes(data)

    return change
