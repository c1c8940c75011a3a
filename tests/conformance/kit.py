"""The committed kit as tests use it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from conformance.cases import arguments_of, read_kit, record_of
from tests.conformance.session import paths
from tests.simulator import ROOT
from verifiable_draw.files import stored_zip

KIT = read_kit(ROOT / "spec")


def given(name: str, folder: Path) -> dict[str, Path]:
    """What a person would hold of a case: its record as a zip, written below `folder`, and one file an option."""
    with tempfile.TemporaryDirectory() as made:
        record = record_of(KIT, name, Path(made))
        data = (
            record.read_bytes()
            if record.is_file()
            else stored_zip({p: (record / p).read_bytes() for p in paths(record)})
        )
    path = folder / f"{name}.zip"
    path.write_bytes(data)
    case = KIT.cases[name]
    if any(one.endswith("/") for one in arguments_of(case)):
        raise ValueError(f"{name} needs another case")
    files = {option: KIT.folder / one for option, one in case.arguments.items() if isinstance(one, str)}
    return {"record": path, **files}
