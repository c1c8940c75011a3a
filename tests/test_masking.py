"""Masked names: recognisable to a family, never the whole name."""

from __future__ import annotations

import pytest

from verifiable_draw.masking import masked

NAMES = {
    "张明": "张*",
    "张小明": "张*明",
    "欧阳小明": "欧**明",
    "阿依古丽·买买提": "阿**丽·***",
    "阿·买": "*·*",
    "张Lee明": "张***明",
    "Anna Maria Smith": "A*** M**** S****",
    "Li Na": "L* N*",
    "O'Brien": "*'B****",
    "Jean-Luc": "J***-L**",
    "Madonna": "M******",
    "𠮷野家": "𠮷*家",
    "王": "*",
    "A": "*",
    " 张小明 ": "张*明",
    "": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_masked(name: str) -> None:
    assert masked(name) == NAMES[name]


@pytest.mark.parametrize("name", [name for name in NAMES if name])
def test_never_the_whole_name(name: str) -> None:
    assert masked(name) != name.strip()
    assert "*" in masked(name)
    shown = [c for c in masked(name) if c not in "* ·-'."]
    hidden = [c for c in name.strip() if c not in " ·-'."]
    assert len(shown) < len(hidden)
