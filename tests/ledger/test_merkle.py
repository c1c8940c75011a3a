"""Merkle proofs agree with RFC 9162 on the edges too (spec/ledger.md L13, L14), and tiles with the tree (L15)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import (
    EMPTY_ROOT,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    nodes_of,
    root_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.tiles import Edge, Tile, TileError, bundle, nodes_of_tiles, split_bundle, split_tile, tiles_of
from tests.simulator import ROOT

LEAVES = [leaf_hash(i.to_bytes(2, "big")) for i in range(1100)]
NODES = nodes_of(LEAVES)


@given(st.integers(1, 1100).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_inclusion_of_every_leaf(case: tuple[int, int]) -> None:
    size, index = case
    root = root_hash(LEAVES[:size])
    assert tree_root(NODES, size) == root
    proof = inclusion_proof(NODES, index, size)
    verify_inclusion(LEAVES[index], index, size, proof, root)
    for bad in (proof[:-1], [*proof, LEAVES[0]], [LEAVES[0], *proof]):
        if bad != proof:
            with pytest.raises(ProofError):
                verify_inclusion(LEAVES[index], index, size, bad, root)


@given(st.integers(0, 1100).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size))))
def test_consistency_of_every_pair(case: tuple[int, int]) -> None:
    new, old = case
    roots = root_hash(LEAVES[:old]), root_hash(LEAVES[:new])
    proof = consistency_proof(NODES, old, new)
    verify_consistency(old, roots[0], new, roots[1], proof)
    for bad in (proof[:-1], [*proof, LEAVES[0]], [LEAVES[0], *proof]):
        if bad != proof:
            with pytest.raises(ProofError):
                verify_consistency(old, roots[0], new, roots[1], bad)
    if old != new:
        with pytest.raises(ProofError):
            verify_consistency(old, LEAVES[0] if old != 1 else LEAVES[1], new, roots[1], proof)


VECTOR = json.loads((ROOT / "spec" / "vectors" / "ledger" / "proofs.json").read_text())


@pytest.mark.parametrize("case", VECTOR["cases"], ids=lambda case: case["name"])
def test_vectors(case: dict) -> None:
    proof = [bytes.fromhex(item) for item in case["proof"]]
    first, second = bytes.fromhex(case["first"]), bytes.fromhex(case["root"])
    try:
        if case["kind"] == "inclusion":
            verify_inclusion(first, case["index"], case["size"], proof, second)
        else:
            verify_consistency(case["index"], first, case["size"], second, proof)
    except ProofError:
        assert not case["holds"]
    else:
        assert case["holds"]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (6, 5), (-1, 5)])
def test_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        inclusion_proof(NODES, index, size)
    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[0], index, size, [], EMPTY_ROOT)


def test_sizes_out_of_order() -> None:
    for old, new in ((5, 4), (-1, 4)):
        with pytest.raises(ProofError):
            consistency_proof(NODES, old, new)
        with pytest.raises(ProofError):
            verify_consistency(old, EMPTY_ROOT, new, EMPTY_ROOT, [])


# Tiles


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_edge_grows_in_any_steps(steps: list[int]) -> None:
    edge, kept, size = Edge(), {}, 0
    for step in steps:
        step = min(step, len(LEAVES) - size)  # noqa: PLW2901 - cut at the end
        before = edge.copy()
        for tile, hashes in edge.extend(LEAVES[size : size + step]):
            kept[tile.level, tile.number] = hashes
        assert before.size == size
        size += step
        assert edge.root() == root_hash(LEAVES[:size])
    tiles = nodes_of_tiles(lambda level, n: kept.get((level, n)) or b"".join(edge.levels[level]))
    for old in {1, size // 2, max(1, size - 1), size} - {0}:
        assert tree_root(tiles, old) == root_hash(LEAVES[:old])
        assert consistency_proof(tiles, old, size) == consistency_proof(NODES, old, size)
        assert inclusion_proof(tiles, old - 1, size) == inclusion_proof(NODES, old - 1, size)


def test_paths() -> None:
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(-1, 5, 7).path == "tile/entries/005.p/7"
    assert Tile(1, 1000).path == "tile/1/x001/000"
    # The example of the C2SP specification.
    found = list(tiles_of(70_000))
    assert sum(t.level == 0 and t.width == 256 for t in found) == 273
    edge = {t.level: t.width for t in found if t.width < 256 and t.level >= 0}
    assert edge == {0: 112, 1: 17, 2: 1}
    assert [t.path for t in tiles_of(256) if t.level >= 0] == ["tile/0/000", "tile/1/000.p/1"]


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_what_changed_is_listed_once(a: int, b: int) -> None:
    old, new = sorted((a, b))
    before, after, listed = set(tiles_of(old)), set(tiles_of(new)), list(tiles_of(new, old))
    assert len(listed) == len(set(listed))
    assert after - before <= set(listed) <= after


def test_bundles_are_strict() -> None:
    entries = [b"", b"a", b"x" * 65_535]
    data = bundle(entries)
    assert split_bundle(data, 3) == entries
    for bad, width in ((data, 2), (data, 4), (data[:-1], 3), (data + b"x", 3), (b"\x00", 1)):
        with pytest.raises(TileError):
            split_bundle(bad, width)
    for bad in (b"", b"x" * 31, b"x" * 32 * 257):
        with pytest.raises(TileError):
            split_tile(bad)
    with pytest.raises(TileError):
        nodes_of_tiles(lambda _level, _number: LEAVES[0])(1, 0)
