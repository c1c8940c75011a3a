"""Both verifiers on a county's record and on a single large school's."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import sync_playwright

from ledger.canonical import encode
from tests.simulator import ROOT, Simulator
from verifiable_draw import record, verifier_file, verifier_page
from verifiable_draw.county import SchoolSpec, generate_students, school_specs

SEGMENTS: dict[str, Any] = {
    "bundlings": 32,
    "delay": {"bits": 1024, "iterations": 32_000, "kind": "chiavdf-wesolowski", "segments": 8},
}
NODE = ROOT / "verifier" / "web" / "node.mjs"


class Published(NamedTuple):
    """A record as a reader gets it, and a trust file for it."""

    folder: Path
    zip: Path
    trust: Path
    students: int


def publish(folder: Path, specs: list[SchoolSpec]) -> Published:
    """A whole session of generated schools, with eight segments of delay, and its record."""
    story = Simulator(folder / "story", schools=specs, plan=SEGMENTS)
    total = 0
    for spec in specs:
        students = generate_students(spec, "benchmark")
        total += len(students)
        story.room.private.save_imported(spec.code, spec.grade, students)
    story.run()
    record.publish_files(story.files(), folder / "record")
    (folder / "trust.json").write_bytes(encode(story.trust()))
    story.room.close()
    return Published(folder / "record", folder / "record.zip", folder / "trust.json", total)


def county(folder: Path) -> Published:
    return publish(folder, [spec for spec in school_specs(101, 40_040, "benchmark") if spec.classes > 1])


def large_school(folder: Path) -> Published:
    return publish(folder, [SchoolSpec("9910000001", "测试第一小学", 1, 1200, 24)])


# In a small process of its own: a child's memory counts from that of the process that forks it.
LAUNCHER = """
import resource, subprocess, sys, time
begin = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - begin
print(code, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def clock(command: list[str]) -> tuple[float, float]:
    """Seconds and MiB of a verifier in a process of its own, which must find the record consistent."""
    launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    found = subprocess.run(launch, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - our own programs
    code, seconds, memory = found.stdout.split()
    if int(code) != 3:  # the delay is short, and says so
        raise SystemExit(f"{command[0]} ended with {int(code)}")
    return float(seconds), float(memory)


def in_browser(page: Path, what: Published) -> float:
    """Seconds from pressing the button to the verdict in Chromium, the page opened from the disc."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("Chromium is not installed")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=arguments)
        tab = browser.new_page()
        tab.goto(page.as_uri())
        tab.set_input_files("#give-record", what.zip)
        tab.locator("#given li").first.wait_for()
        begin = time.perf_counter()
        tab.click("#start")
        tab.wait_for_selector("#verdict", timeout=120_000)
        seconds = time.perf_counter() - begin
        browser.close()
    return seconds


def size_of(page: Path) -> str:
    """The goal was 150 kB (decision 0010)."""
    data = page.read_bytes()
    return f"verify.html {len(data) / 1000:.0f} kB, {len(gzip.compress(data, 9)) / 1000:.0f} kB as a server sends it"


def rows(folder: Path) -> Iterator[tuple[str, float, str, str]]:
    """Name, seconds, goal and note."""
    page, program = folder / "verify.html", folder / "verify.pyz"
    page.write_bytes(verifier_page.build())
    program.write_bytes(verifier_file.build())
    for name, make, goal, memory in (
        ("one school of 1,200, eight segments", large_school, "under 3 s", ""),
        ("a county, eight segments", county, "under 20 s", ", 500 MB"),
    ):
        what = make(folder / name.split(maxsplit=2)[1])
        for who, command in (
            ("Python and PyNaCl", [sys.executable, "-m", "verifier"]),
            ("pure Python, verify.pyz", [sys.executable, "-I", "-S", str(program)]),
            ("Node", ["node", str(NODE)]),
        ):
            seconds, used = clock([*command, str(what.zip), "--trust", str(what.trust)])
            yield f"{name} ({what.students} students): {who}", seconds, goal + memory, f"{used:.0f} MiB"
        browser_goal = "under 3 s" if make is large_school else "under 15 s"
        yield f"{name} ({what.students} students): Chromium", in_browser(page, what), browser_goal, size_of(page)
