"""Workbooks as bytes that depend on their content alone, and sheets that people can read."""

from __future__ import annotations

import io
import re
import zipfile

from openpyxl import Workbook

_WHEN = (1980, 1, 1, 0, 0, 0)
_STAMPS = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
_CORE = "docProps/core.xml"
_FIXED = rb"\g<1>2020-01-01T00:00:00Z\g<3>"

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_bytes(workbook: Workbook) -> bytes:
    """Return an .xlsx file without the time it was made at: the same cells give the same bytes."""
    made, fixed = io.BytesIO(), io.BytesIO()
    workbook.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            put(target, name, _STAMPS.sub(_FIXED, data) if name == _CORE else data)
    return fixed.getvalue()


def put(archive: zipfile.ZipFile, name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> None:
    """Add a member without time, owner or mode of this machine."""
    info = zipfile.ZipInfo(name, _WHEN)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    info.compress_type = method
    archive.writestr(info, data)
