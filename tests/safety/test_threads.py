"""Several threads at once, and exceptions: no state leaks from one use to another."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    DetachWarning,
    Value,
    grad,
    hessian,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    views,
    vjp,
)
from microgradnet.errors import DetachedError


def together(work: Callable[[int, threading.Barrier], Any], n: int = 4) -> list[Any]:
    """Run ``work(i, barrier)`` in `n` threads that start at once."""
    barrier = threading.Barrier(n, timeout=60)
    with ThreadPoolExecutor(n) as pool:
        return [f.result(60) for f in [pool.submit(work, i, barrier) for i in range(n)]]


def test_nested_grad_in_four_threads_at_once() -> None:
    def work(i: int, barrier: threading.Barrier) -> list[float]:
        def inner(x: Any, y: Any) -> Any:
            return np.sin(x * y) * y**2

        def f(x: Any) -> Any:
            barrier.wait()  # every thread is inside its outer transform ...
            slope = grad(inner, argnums=1)(x, x * (i + 1.0))
            barrier.wait()  # ... and has left its inner one
            return slope * x

        return [grad(f)(0.3 + 0.1 * k) for k in range(25)]

    def alone(i: int, x: float) -> float:
        # d/dx [x (a cos(a) y/x y**2 ... )]: by differences of the first derivative
        def f(x: float) -> float:
            y = x * (i + 1.0)
            return (np.cos(x * y) * x * y**2 + 2 * y * np.sin(x * y)) * x

        h = 1e-3
        return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)

    for i, slopes in enumerate(together(work)):
        # five-point differences: error h**4 |f'''''| / 30 with |f'''''| < 1e6 here
        expected = [alone(i, 0.3 + 0.1 * k) for k in range(25)]
        np.testing.assert_allclose(slopes, expected, atol=1e-12 * 1e6 / 30 * 10)


def test_second_and_mixed_derivatives_in_threads() -> None:
    def work(i: int, barrier: threading.Barrier) -> Any:
        x = np.arange(1.0, 4.0) + i
        barrier.wait()
        h = [hessian(lambda x: np.sum(x**3))(x) for _ in range(20)]
        t = jvp(grad(lambda x: np.sum(x**3)), (x,), (np.ones(3),))[1]
        return h, t

    for i, (hs, t) in enumerate(together(work)):
        x = np.arange(1.0, 4.0) + i
        for h in hs:
            np.testing.assert_array_equal(h, np.diag(6 * x))
        np.testing.assert_array_equal(t, 6 * x)


def test_threads_share_a_value_without_mixing_graphs() -> None:
    w = Value(np.arange(1.0, 4.0))

    def work(i: int, barrier: threading.Barrier) -> Any:
        barrier.wait()
        return [grad(lambda x: np.sum(x * x) * (i + 1.0))(w.data) for _ in range(20)]

    for i, gs in enumerate(together(work)):
        for g in gs:
            np.testing.assert_array_equal(g, 2 * (i + 1.0) * w.data)


@pytest.mark.parametrize("start", [2.0, np.full(200_000, 2.0)])
def test_threads_that_share_a_variable_lose_no_gradient(start: Any) -> None:
    # NumPy lets other threads run while it adds large arrays up.
    x = Value(start)

    def work(i: int, barrier: threading.Barrier) -> None:
        barrier.wait()
        for _ in range(50):
            np.sum(x * x).backward()

    with switching_often():
        together(work)
    np.testing.assert_array_equal(x.grad, 4 * 50 * 2.0 * x.data)


@contextlib.contextmanager
def switching_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def test_views_taken_in_threads_are_all_known() -> None:
    # Else an assignment into the Value would leave some of them behind, without a word.
    y = Value(np.ones((2, 3))) * 1.0

    def work(i: int, barrier: threading.Barrier) -> list[Any]:
        barrier.wait()
        kept = []
        for k in range(1000):
            kept.append(y[k % 2])
            assert views.is_seen(y)  # as before each assignment
        return kept

    with switching_often():
        taken = [view for kept in together(work) for view in kept]
    family: Any = y._family
    assert {id(view) for view in taken} <= {id(member()) for member, _ in family.members}


def test_no_grad_in_one_thread_pauses_no_other() -> None:
    def work(i: int, barrier: threading.Barrier) -> tuple[bool, float]:
        x = Value(3.0)
        if i % 2:
            with no_grad():
                barrier.wait()
                y = x * x
                barrier.wait()
            return y.requires_grad, grad(lambda x: x * x)(3.0)
        barrier.wait()
        y = x * x
        barrier.wait()
        return y.requires_grad, grad(lambda x: x * x)(3.0)

    assert together(work) == [(True, 6.0), (False, 6.0), (True, 6.0), (False, 6.0)]


def test_a_transform_in_one_thread_does_not_make_others_raise() -> None:
    inside, done = threading.Event(), threading.Event()

    def f(x: Any) -> Any:
        inside.set()
        assert done.wait(60)
        return x * x

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(grad(f), 3.0)
        assert inside.wait(60)
        with pytest.warns(DetachWarning):
            float(Value(2.0))
        done.set()
        assert result.result(60) == 6.0


def test_tasks_keep_their_own_state() -> None:
    async def paused(entered: asyncio.Event, go: asyncio.Event) -> bool:
        with no_grad():
            entered.set()
            await go.wait()
            return bool((Value(2.0) * 3.0).requires_grad)

    async def main() -> tuple[bool, bool]:
        entered, go = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(paused(entered, go))
        await entered.wait()
        here = bool((Value(2.0) * 3.0).requires_grad)
        go.set()
        return here, await task

    assert asyncio.run(main()) == (True, False)


# --- exceptions -----------------------------------------------------------------------------


class Expected(Exception):
    """Raised by the functions under test."""


def failing(x: Any) -> Any:
    y = x * x
    raise Expected(np.ndim(y))


@pytest.mark.parametrize(
    "take",
    [
        grad(failing),
        value_and_grad(failing),
        hessian(failing),
        jacobian(failing, mode="forward"),
        lambda x: jvp(failing, (x,), (1.0,)),
        lambda x: vjp(failing, x),
        grad(lambda x: x * grad(failing)(x)),
        grad(lambda x: jvp(failing, (x,), (x,))[1]),
        no_grad()(failing),
    ],
)
def test_correct_use_after_an_exception_in_a_transform(take: Callable[..., Any]) -> None:
    with pytest.raises(Expected):
        take(2.0)
    with pytest.warns(DetachWarning):  # warns: we are outside again
        assert float(Value(2.0)) == 2.0
    x = Value(3.0)
    y = x * x  # recorded: nothing is paused
    y.backward()
    assert x.grad == 6.0
    assert grad(grad(lambda x: x**3))(2.0) == 12.0


def test_an_exception_in_an_inner_transform_is_survived_by_the_outer() -> None:
    def f(x: Any) -> Any:
        with contextlib.suppress(Expected):
            grad(failing)(x)
        with pytest.raises(DetachedError):  # still inside the outer one
            float(x)
        return x**3

    assert grad(f)(2.0) == 12.0


def test_an_exception_in_a_rule_is_survived() -> None:
    from microgradnet import elementwise

    def bad(z: Any, x: Any) -> Any:
        raise Expected

    op = elementwise(lambda x: x * 2.0, bad, name="threads_bad_rule")
    x = Value(2.0)
    y = op(x) * x
    with pytest.raises(Expected):
        y.backward()
    assert x.grad is None  # nothing half done
    with pytest.raises(Expected):
        grad(op)(2.0)
    with pytest.warns(DetachWarning):
        float(x)
    assert grad(lambda x: x * x)(3.0) == 6.0


def test_no_grad_nests_and_ends() -> None:
    x = Value(2.0)
    with no_grad():
        with no_grad():
            assert not (x * x).requires_grad
        assert not (x * x).requires_grad
    assert (x * x).requires_grad

    @no_grad()
    def evaluate(v: Any) -> Any:
        return v * v

    for _ in range(2):
        assert not evaluate(x).requires_grad
        assert (x * x).requires_grad


def test_grad_inside_no_grad_is_right() -> None:
    # A transform asked for inside no_grad() is still asked for: 0 would be silently wrong.
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert grad(grad(lambda x: x**3))(2.0) == 12.0


def test_no_grad_inside_grad_makes_constants() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            c = x * x
        return x * c

    assert grad(f)(3.0) == 9.0
    assert jvp(f, (3.0,), (1.0,)) == (27.0, 9.0)


def test_warnings_inside_transforms_do_not_appear_for_correct_use() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad(grad(lambda x: np.exp(x) * x if x > 0 else x))(1.0) == pytest.approx(
            3 * np.e, rel=1e-15
        )


def generator(x: Any) -> Any:
    yield x * x


async def coroutine(x: Any) -> Any:
    return x * x


async def asynchronous_generator(x: Any) -> Any:
    yield x * x


@pytest.mark.parametrize("f", [generator, coroutine, asynchronous_generator])
def test_no_grad_does_not_decorate_what_runs_later(f: Any) -> None:
    # Its body would record all the same.
    with pytest.raises(TypeError, match=rf"decorator of {f.__name__}.* with no_grad\(\): inside"):
        no_grad()(f)


def test_no_grad_decorates_a_function_that_calls_itself() -> None:
    x = Value(2.0)

    @no_grad()
    def power(n: int) -> Any:
        return x * power(n - 1) if n else 1.0

    assert not power(3).requires_grad
    assert power.__name__ == "power"
    assert (x * x).requires_grad


def test_one_no_grad_may_be_entered_twice() -> None:
    x, pause = Value(2.0), no_grad()
    with pause:
        with pause:
            assert not (x * x).requires_grad
        assert not (x * x).requires_grad
    assert (x * x).requires_grad
    with pause:
        assert not (x * x).requires_grad
