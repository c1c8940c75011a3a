"""Numbers per class that a statement publishes (A28)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

SMALLEST = 5  # students of a class that a row may tell of

Attribute = Tuple[str, List[str]]  # id and values, in plan order


def compute(
    attributes: Sequence[Dict[str, Any]], students: Sequence[Tuple[int, Dict[str, str]]], k: int
) -> List[Dict[str, Any]]:
    """`balance` of a draw: of these attributes, for students with the class that each got."""
    out = []
    for one in attributes:
        counts = {value: [0] * k for value in one["values"]}
        for number, own in students:
            counts[own[one["id"]]][number - 1] += 1
        rows = _rows(counts)
        if all(min(row["counts"]) >= SMALLEST for row in rows):
            out.append({"attribute": one["id"], "rows": rows})
    return out


def _rows(counts: Dict[str, List[int]]) -> List[Dict[str, Any]]:
    """A row for every value that is not small, and one for all that are."""
    small = [value for value, numbers in counts.items() if min(numbers) < SMALLEST]
    rows = [{"counts": numbers, "values": [value]} for value, numbers in counts.items() if value not in small]
    if small:
        rows.append({"counts": [sum(column) for column in zip(*(counts[value] for value in small))], "values": small})
    return rows


def problems(
    stated: Sequence[Dict[str, Any]], planned: Sequence[Attribute], sizes: Sequence[int], k: int
) -> Iterator[str]:
    """What anyone sees is wrong with a stated `balance` (V45); `sizes` are the students of the classes."""
    places = {name: place for place, (name, _) in enumerate(planned)}
    named = [one["attribute"] for one in stated]
    if not set(named) <= set(places) or sorted(set(named), key=places.__getitem__) != named:
        yield "numbers per class of other attributes than planned, or in another order"
        return
    for one in stated:
        yield from (
            "%s: %s" % (one["attribute"], text)
            for text in _row_problems(one["rows"], planned[places[one["attribute"]]][1], list(sizes), k)
        )


def _row_problems(rows: Sequence[Dict[str, Any]], values: List[str], sizes: List[int], k: int) -> Iterator[str]:
    place = {value: i for i, value in enumerate(values)}
    listed = [value for row in rows for value in row["values"]]
    if sorted(listed) != sorted(values):
        yield "the rows do not hold every value once"
        return
    alone = [place[row["values"][0]] for row in rows if len(row["values"]) == 1]
    pooled = [[place[value] for value in row["values"]] for row in rows if len(row["values"]) != 1]
    last = not pooled or len(rows[-1]["values"]) > 1
    ordered = alone == sorted(alone) and all(pool == sorted(pool) for pool in pooled)
    if len(pooled) > 1 or not last or not ordered:
        yield "the rows are not one a value, in plan order, and a last one of several"
    if any(len(row["counts"]) != k or min(row["counts"]) < SMALLEST for row in rows):
        yield "a row without a number of at least %d for every class" % SMALLEST
    elif [sum(column) for column in zip(*(row["counts"] for row in rows))] != sizes:
        yield "the rows do not add up to the classes"
