from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.hall import Hall, prepared
from tests.web.phones import ARGUMENTS
from verifiable_draw import observer_page

pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="session")
def browser(driver: Any, chromium: str) -> Iterator[Any]:
    """The system's Chromium, with this folder's host names."""
    started = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield started
    started.close()


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The observers' page, as it is built."""
    path = tmp_path_factory.mktemp("page") / "observer.html"
    path.write_bytes(observer_page.build())
    return path


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Callable[..., Hall]]:
    """Opens halls; what they began ends with the test."""
    opened: list[Hall] = []

    def make(page: Path | None = None, **changes: Any) -> Hall:
        opened.append(Hall(prepared(tmp_path / f"hall{len(opened)}", **changes), page).start())
        return opened[-1]

    yield make
    for one in opened:
        one.close()
