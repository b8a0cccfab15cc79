"""Processes that run the chunks of a hunt, each with engines of its own."""

from __future__ import annotations

import multiprocessing
import signal
import time
import warnings
from collections import deque
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np

from .chunks import Chunk, Outcome, Task, examiner


def serve(link: Connection, names: list[str]) -> None:
    """Load engines, send their versions, then an outcome for each task, until hung up on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that prints
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    engines, table = examiner(names)
    try:
        link.send([engine.title for engine in engines.values()])
        while True:
            link.send(Chunk(engines, table, link.recv()).run())
    except (EOFError, OSError):  # whoever wanted it is gone
        return


@dataclass
class _Worker:
    process: Any
    link: Connection
    turn: int | None = None  # of the task at work


class Crew:
    """Runs tasks in several processes, and gives their outcomes in the order of the tasks.

    Being in order, what a hunt does depends on its seed and the number of workers, but not on
    which of these is the quicker; up to a few seconds at each bucket, where a clock says when
    to stop shrinking.
    """

    def __init__(self, names: list[str], workers: int) -> None:
        context = multiprocessing.get_context("spawn")  # libraries with threads do not survive fork
        self.workers: list[_Worker] = []
        self.ahead = 2 * workers  # so that nobody waits for one that is shrinking
        self.waiting: deque[tuple[int, Task]] = deque()
        self.ready: dict[int, Outcome] = {}
        self.put_in = self.taken = 0
        for _ in range(workers):
            link, other = context.Pipe()
            process = context.Process(target=serve, args=(other, names), daemon=True)
            process.start()
            other.close()
            self.workers.append(_Worker(process, link))
        self.versions: list[str] = []

    def __enter__(self) -> Crew:
        for worker in self.workers:
            self.versions = self.received(worker)
        self.began = time.monotonic()
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.workers:
            worker.process.terminate()
            worker.process.join()

    def received(self, worker: _Worker) -> Any:
        """Take what a worker sends."""
        try:
            return worker.link.recv()
        except (EOFError, OSError):
            worker.process.join()
            code = worker.process.exitcode
            raise RuntimeError(f"a worker died (exit code {code}); an engine crashed it?") from None

    def put(self, task: Task) -> None:
        """Add a task, to be run when somebody is free."""
        self.waiting.append((self.put_in, task))
        self.put_in += 1
        self._hand_out()

    def _hand_out(self) -> None:
        spent = self.seconds
        for worker in self.workers:
            if worker.turn is None and self.waiting:
                worker.turn, task = self.waiting.popleft()
                worker.link.send(replace(task, since=spent, left=task.left - spent))

    @property
    def seconds(self) -> float:
        """Since when all engines were loaded."""
        return time.monotonic() - self.began

    @property
    def busy(self) -> bool:
        """Whether a worker is at work."""
        return any(worker.turn is not None for worker in self.workers)

    def get(self, seconds: float) -> Outcome | None:
        """Give the next outcome, or None if it is not there in so many seconds."""
        if self.taken not in self.ready:
            busy = {worker.link: worker for worker in self.workers if worker.turn is not None}
            for link in wait(list(busy), seconds):
                worker = busy[link]  # type: ignore[index]
                assert worker.turn is not None
                self.ready[worker.turn] = self.received(worker)
                worker.turn = None
            self._hand_out()
        if self.taken not in self.ready:
            return None
        self.taken += 1
        return self.ready.pop(self.taken - 1)
