"""Three honest years of a small county, then every wrong that we know planted into one: `make demo-year`.

`python -m verifiable_draw.simulation.demo [FOLDER]`; exit code 1 if one is not caught, or an honest year gives an alarm.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from verifiable_draw.errors import UsageError
from verifiable_draw.inspection import Inspection, paper
from verifiable_draw.inspection.finding import Finding
from verifiable_draw.simulation.wrongs import WRONGS, caught, plant, stages
from verifiable_draw.simulation.years import FIRST, County

YEARS = 3
SHOWN = "class-changed"  # the planted wrong whose report is kept


def alarms(found: list[Finding]) -> list[Finding]:
    """Findings of an honest county that somebody would have to answer."""
    return [one for one in found if one.severity != "note"]


def honest_years(folder: Path) -> bool:
    """Run and inspect the county over the years; whether nothing is found."""
    county = County(folder)
    county.year = FIRST - 1
    good = True
    for _ in range(YEARS):
        county.go_on()
        found = alarms(list(county.inspect().findings))
        good = good and not found
        print(
            f"  {county.year} 年 / year {county.year}: {len(found)} 项违规或待处理 / violations and open points",
            flush=True,
        )
        for one in found:
            print(f"    [{one.type}] {one.words.zh}")
    every = county.inspect(range(FIRST, FIRST + YEARS))
    county.hand_over_keys()
    _report(county, every, folder / "report")
    county.close()
    return good and not alarms(list(every.findings))


def _report(county: County, found: Inspection, out: Path) -> None:
    """Write the last year's report as inspectors get it, as HTML and, where this machine makes one, PDF."""
    try:
        paths = paper.write(county.story.room, found, county.year, out)
    except UsageError:
        paths = paper.write(county.story.room, found, county.year, out, pdf=False)
    print(f"    报告 / report: {'  '.join(map(str, paths))}", flush=True)


def planted(folder: Path) -> tuple[int, int]:
    """Plant every wrong; how many were caught without a false alarm, of how many."""
    honest = stages(folder / "honest")
    right = 0
    for number, (name, wrong) in enumerate(WRONGS.items(), 1):
        county, found = plant(honest[wrong.after], wrong, folder / name)
        good, others = caught(wrong, found)
        if name == SHOWN:
            _report(county, found, folder.parent / f"report-{name}")
        county.close()
        shutil.rmtree(county.folder)
        right += good and not others
        mark = "✓" if good and not others else "✗"
        print(
            f"  {mark} {number:2} {wrong.zh} / {wrong.en}: {wrong.finding}{' ' + ', '.join(others) if others else ''}",
            flush=True,
        )
    for county in honest.values():
        county.close()
    return right, len(WRONGS)


def main(folder: Path) -> int:
    """Run both in an empty folder; the exit code."""
    begun = time.monotonic()
    print("约 10 分钟 / about ten minutes", flush=True)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    print("三个诚实的学年 / three honest years", flush=True)
    honest = honest_years(folder / "years")
    print("一次一种的违规 / wrongdoing, one at a time", flush=True)
    right, of = planted(folder / "planted")
    print(f"{right}/{of} 查出，{time.monotonic() - begun:.0f} 秒 / {right} of {of} caught; {folder / 'years'}")
    return 0 if honest and right == of else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/demo-year")))
