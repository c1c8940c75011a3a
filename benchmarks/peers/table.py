"""The tables of a run, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from benchmarks.peers.rosters import Case
from benchmarks.peers.run import JUDGE_LIMIT, METHODS, Result
from verifiable_draw.allocation.grouping import features, vector, weights

OURS = "ours, 32 bundlings"
FIRST = "ours, 1 bundling"
JUDGE = "CP-SAT"
Results = dict[tuple[str, str], Result]


def forced(case: Case) -> int:
    """Weighted excess that siblings force on any division of the whole roster: no energy can be below it (A8)."""
    names = features(case.roster.attributes)
    vectors = [vector(unit, names) for unit in case.roster.units]
    ceilings = [-(-sum(column) // case.classes) for column in zip(*vectors, strict=True)]
    return sum(
        weight * max(0, count - ceiling)
        for v in vectors
        if v[0] > 1
        for weight, count, ceiling in zip(weights(case.roster.attributes), v, ceilings, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one roster: lowest energy known to be possible, highest bound, and whether these meet."""

    case: Case
    best: int
    bound: int
    first: int
    worst: int
    judge: int | None

    @property
    def proven(self) -> bool:
        """Whether the optimum is known: ours, CP-SAT's and the bounds of both taken together."""
        return self.best == self.bound


def standings(cases: Iterable[Case], results: Results) -> list[Standing]:
    found = []
    for case in cases:
        if (case.name, OURS) not in results or (case.name, JUDGE) not in results:
            continue
        energies = results[case.name, OURS]["energies"]
        verdict = results[case.name, JUDGE]
        bound = max(verdict["bound"], forced(case))
        judged = verdict["energy"]
        best = min([*energies, *([judged] if judged is not None else [])])
        found.append(Standing(case, best, bound, energies[0], max(energies), judged))
    return found


def _share(number: int, total: int) -> str:
    return f"{number} of {total}" + (f" ({100 * number / total:.1f} %)" if total else "")


def optimum(cases: list[Case], results: Results) -> list[str]:
    """How often the proven optimum is reached, and every roster where it is not."""
    found = standings(cases, results)
    proven = [s for s in found if s.proven]
    undecided = [s for s in found if not s.proven]
    below = sum(s.judge is None or s.worst < s.judge for s in undecided)
    above = sum(s.judge is not None and s.worst > s.judge for s in undecided)
    zero = [s for s in proven if s.best == 0]
    lines = [
        f"- rosters judged: {len(found)}; optimum proven: {len(proven)}, of these {len(zero)} with E = 0",
        f"- first bundling at the proven optimum: {_share(sum(s.first == s.best for s in proven), len(proven))}",
        f"- all 32 bundlings at the proven optimum: {_share(sum(s.worst == s.best for s in proven), len(proven))}",
        f"- undecided after {JUDGE_LIMIT} s of CP-SAT: {len(undecided)}; ours below its best: {below}, above: {above}",
    ]
    missed = [s for s in found if s.proven and s.worst > s.best]
    if missed:
        lines += ["", "| missed: roster | proven optimum | first bundling | worst of 32 |", "|---|---|---|---|"]
        lines += [f"| {s.case.name} | {s.best} | {s.first} | {s.worst} |" for s in missed]
    if undecided:
        lines += ["", "| undecided: roster | bound | CP-SAT | worst of 32 |", "|---|---|---|---|"]
        lines += [f"| {s.case.name} | {s.bound} | {s.judge} | {s.worst} |" for s in undecided]
    return lines


def comparison(cases: list[Case], results: Results) -> list[str]:
    """One row a method: over the rosters that it was run on."""
    header = (
        "| method | rosters | ended | E = 0 | excess: median, mean, most | largest spread | energy below ours "
        "| processor seconds: median, most |"
    )
    lines = [header, "|---|---|---|---|---|---|---|---|"]
    for method in METHODS:
        rows = [results[case.name, method] for case in cases if (case.name, method) in results]
        good = [row for row in rows if row.get("energy") is not None]
        if not rows:
            continue
        excess = [row["excess"] for row in good if "excess" in row]
        seconds = [row["cpu"] for row in rows]
        better = sum(
            row["energy"] < results[row["case"], OURS]["energy"] for row in good if (row["case"], OURS) in results
        )
        split = sum(
            row["energy"] < results[row["case"], OURS]["energy"]
            for row in good
            if (row["case"], OURS) in results and row.get("note")
        )
        lines.append(
            f"| {method} | {len(rows)} | {len(good)} | {sum(row['energy'] == 0 for row in good)} | "
            + (f"{median(excess):.0f}, {sum(excess) / len(excess):.1f}, {max(excess)}" if excess else "")
            + f" | {max((row['spread'] for row in good if 'spread' in row), default='')} | {better}"
            + (f", {split} of them with siblings split" if split else "")
            + f" | {median(seconds):.2f}, {max(seconds):.1f} |"
        )
    return lines


def single(case: Case, results: Results) -> list[str]:
    """One roster in full."""
    lines = [f"| {case.name} | excess | largest spread | processor seconds | note |", "|---|---|---|---|---|"]
    for method in METHODS:
        row = results.get((case.name, method))
        if row is None:
            continue
        excess = row.get("excess")
        if excess is None:
            excess = f"energy {row['energy']}, bound {row['bound']}" if row.get("energy") is not None else "–"
        lines.append(f"| {method} | {excess} | {row.get('spread', '')} | {row['cpu']:.2f} | {row.get('note', '')} |")
    return lines


def tables(mixed: list[Case], large: Iterable[Case], results: Results) -> str:
    parts: list[Callable[[], list[str]]] = [lambda: optimum(mixed, results), lambda: comparison(mixed, results)]
    blocks = [part() for part in parts] + [single(case, results) for case in large]
    return "\n\n".join("\n".join(block) for block in blocks if len(block) > 2)
