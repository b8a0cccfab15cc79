"""The fuzzer's processes: they answer in order, end when hung up on, and are missed when dead."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.fuzz import workers
from microgradnet.testing.fuzz.chunks import Outcome, Task


@pytest.fixture
def undisturbed() -> Iterator[None]:
    """Give back what a worker takes over in its process."""
    handler = signal.getsignal(signal.SIGINT)
    with warnings.catch_warnings(), np.errstate():
        yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("undisturbed")
def test_a_worker_answers_until_hung_up_on() -> None:
    link, other = multiprocessing.Pipe()
    said: list[Any] = []

    def ask() -> None:
        said.append(link.recv())
        link.send(Task(0, "microgradnet", ["np.cos"], left=-1.0, size=5))
        said.append(link.recv())
        link.close()

    asking = threading.Thread(target=ask)
    asking.start()
    workers.serve(other, ["microgradnet"])
    asking.join()
    assert said[0][0].startswith("microgradnet ") and said[1] == Outcome()


def test_outcomes_come_in_the_order_of_their_tasks() -> None:
    with workers.Crew(["microgradnet"], 2) as crew:
        numbers = [5, 3, 4]
        for number, name in zip(numbers, ("np.cos", "np.sin", "np.tan"), strict=True):
            crew.put(Task(number, "microgradnet", [name], size=10))
        outcomes = []
        while len(outcomes) < len(numbers):
            if (outcome := crew.get(0.1)) is not None:
                outcomes.append(outcome)
        assert [set(o.covered) for o in outcomes] == [{"np.cos"}, {"np.sin"}, {"np.tan"}]
        assert not crew.busy and crew.get(0.0) is None
        crew.workers[0].process.terminate()
        crew.put(Task(0, "microgradnet", ["np.cos"]))
        with pytest.raises(RuntimeError, match=r"a worker died \(exit code -"):
            while True:
                crew.get(0.1)
