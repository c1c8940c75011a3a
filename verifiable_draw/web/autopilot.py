"""What the desk does by itself, because nothing is left to decide or no time is left for a hand on the mouse.

After the commitments are closed the groups follow; once the reveals are open everything up to the seed does (C2: only
forward). What comes next is read off the session's state, so a killed server goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from verifiable_draw import conduct, delay
from verifiable_draw.errors import DataError, InternalError, UsageError
from verifiable_draw.replay import Session
from verifiable_draw.web.desk import Desk

log = logging.getLogger("vdraw")

BEAT = 0.2  # seconds
AFTER_TROUBLE = 5.0  # seconds


class Stopped(Exception):  # noqa: N818 - a signal, not an error
    """The server closes; the work goes on at the next start."""


class Autopilot:
    """Watches the desk and takes the steps that follow by themselves."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._steps: dict[str, Callable[[Session], Awaitable[None]]] = {
            "COMMITTED": self._group,
            "REVEALING": self._close_reveals,
            "REVEALED": self._close_coverage,
            "COVERED": self._run_delay,
            "DELAYED": self._fix_seed,
        }

    async def run(self) -> None:
        """Beat until the desk closes."""
        desk = self.desk
        while not desk.closing:
            pause = BEAT
            try:
                await self._end_call()
                session = desk.session()
                step = self._steps.get(session.state) if session and desk.unlocked else None
                if step is not None and session is not None:
                    await step(session)
                    desk.trouble = None
            except (DataError, UsageError) as error:
                desk.trouble, pause = error, AFTER_TROUBLE
                await desk.refresh()
            except Stopped:
                return
            except Exception:  # no bug of ours may end the loop that the room waits for
                log.exception("autopilot")
                desk.trouble, pause = InternalError("web.unexpected"), AFTER_TROUBLE
                await desk.refresh()
            await asyncio.sleep(pause)

    async def _end_call(self) -> None:
        call = self.desk.call
        if call.ends is not None and self.desk.clock() >= call.ends:
            self.desk.end_call()
            await self.desk.refresh()

    async def _group(self, session: Session) -> None:
        desk = self.desk
        tasks = await desk.do(lambda room: conduct.grouping_tasks(room, session.id))
        loop = asyncio.get_running_loop()

        def progress(done: int, total: int) -> None:
            self._stop()
            shown: dict[str, int | str] = {"kind": "group", "done": done, "all": total}
            loop.call_soon_threadsafe(self._show, shown)

        files = await asyncio.to_thread(conduct.compute_groups, tasks, progress)
        await desk.do(lambda room: conduct.fix_groups(room, session.id, files))
        self._show({})
        await desk.refresh()

    async def _close_reveals(self, session: Session) -> None:
        waiting = [n for n in session.attested if n not in session.openings and n not in session.wrong]
        if not waiting or self._is_time():
            await self.desk.do(lambda room: conduct.close_reveals(room, session.id))

    async def _close_coverage(self, session: Session) -> None:
        received = {name for name, _contribution, _salt in session.received}
        if received <= set(session.attested_reveals) or self._is_time():
            await self.desk.do(lambda room: conduct.close_coverage(room, session.id))

    def _is_time(self) -> bool:
        closes = self.desk.snapshot.closes
        return closes is not None and self.desk.clock() >= closes

    async def _run_delay(self, session: Session) -> None:
        """Compute the delay, then enter it once the covered have cosigned the coverage, or had Δ to do it (C18)."""
        desk, plan = self.desk, session.plan
        task = await desk.read(lambda room: conduct.delay_task(room, session.id))
        loop = asyncio.get_running_loop()
        begun = desk.clock()

        def progress(p: delay.Progress) -> None:
            self._stop()
            shown: dict[str, int | str] = {
                "kind": "delay", "done": p.done, "segments": p.segments, "seconds_left": p.seconds_left,
            }  # fmt: skip
            loop.call_soon_threadsafe(self._show, shown)

        segments = await asyncio.to_thread(task.compute, progress)
        while not desk.closing and desk.clock() < begun + timedelta(seconds=plan.window):
            if set(session.covered) <= {o["id"] for o in desk.snapshot.board["observers"] if o["cosigned"]}:
                break
            await asyncio.sleep(BEAT)
        self._stop()
        await desk.do(lambda room: conduct.enter_delay(room, session.id, segments))
        self._show({})
        await desk.refresh()

    async def _fix_seed(self, session: Session) -> None:
        if session.plan.value["sources"]["drand"] and session.beacon is None:
            return  # the clerk types the round once it is published; there is no other way on
        await self.desk.do(lambda room: conduct.fix_seed(room, session.id))

    def _stop(self) -> None:
        if self.desk.closing:
            raise Stopped

    def _show(self, progress: dict[str, int | str]) -> None:
        if progress != self.desk.progress:
            self.desk.progress = progress
            asyncio.get_running_loop().create_task(self.desk.refresh())
