from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.hall import Hall, prepared


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
