"""Whose memory: what a node keeps of an array, and when a walk writes into it."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, memory
from microgradnet.memory import Ghost, frozen, plus, times
from microgradnet.rules import stretched

from .checking import EPS

# --- what a node keeps --------------------------------------------------------------------------


def test_a_partner_array_may_change_after_the_operation() -> None:
    x, a = Value(np.ones(3)), np.array([1.0, 2.0, 3.0])
    y = np.sum(x * a)
    a[:] = 0.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0, 3.0])


def test_of_large_results_only_what_is_read_stays() -> None:
    # Large by broadcasting: the operands are small.
    column, row = Value(np.ones((200, 1))), Value(np.ones(200))
    assert type((column * row)._node.data) is Ghost
    kept = (column / row)._node.data  # the slope in y is -z / y
    assert kept.shape == (200, 200)
    assert type(kept) is np.ndarray
    assert type((column / np.ones(200))._node.data) is Ghost


def test_frozen_copies_only_what_can_be_written_to() -> None:
    a = np.arange(3.0)
    kept = frozen(a)
    assert kept is not a
    assert not kept.flags.writeable
    assert frozen(kept) is kept
    assert frozen(2.0) == 2.0


# --- where a walk may write ---------------------------------------------------------------------


def test_times_writes_into_temporaries_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LARGE", 0)
    d, g = np.full(3, 2.0), np.full(3, 5.0)
    np.testing.assert_array_equal(times(d, g), np.full(3, 10.0))
    np.testing.assert_array_equal(d, np.full(3, 2.0))
    np.testing.assert_array_equal(times(d + 0.0, g), np.full(3, 10.0))
    np.testing.assert_array_equal(g, np.full(3, 5.0))
    base = np.full((2, 3), 2.0)
    np.testing.assert_array_equal(times(base[0], g), np.full(3, 10.0))
    np.testing.assert_array_equal(base, np.full((2, 3), 2.0))
    # shapes and dtypes that do not fit into the temporary
    assert times(np.full(1, 2.0), g).shape == (3,)
    assert times(np.full(3, 2.0, np.float32), g).dtype == np.float64
    assert times(2.0, g).tolist() == [10.0] * 3


def test_the_cotangent_of_a_plain_sum_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LARGE", 2)
    d = np.array([1.0, -0.0, math.inf])
    for g in (stretched(1.0, (3,)), stretched(2.0, (3,)), np.ones(3)):
        np.testing.assert_array_equal(times(d + 0.0, g), d * g, strict=True)
        np.testing.assert_array_equal(times(d, g), d * g, strict=True)
    shown = times(d, stretched(1.0, (3,)))
    assert shown.base is d
    assert not shown.flags.writeable  # by a rule of somebody's


@pytest.mark.parametrize("retained", [False, True])
def test_a_gradient_that_equals_an_operand_is_another_array(
    monkeypatch: pytest.MonkeyPatch, retained: bool
) -> None:
    monkeypatch.setattr(memory, "LARGE", 2)
    x, a = Value(np.ones(3)), np.arange(3.0)
    y, z = np.exp(x), x * 1.0
    if retained:
        y.retain_grad()
    loss = np.sum(y * z) + np.sum(a * x) + np.sum(z)
    loss.backward()
    partners = [a, x._raw, y._raw, z._raw]
    for g in [x.grad] + [y.grad] * retained:
        assert g.flags.writeable
        assert not any(np.may_share_memory(g, b) for b in partners)
    w = Value(np.ones(3))
    np.sum(w * y.data).backward()
    assert not np.may_share_memory(w.grad, y._raw)
    assert not np.may_share_memory(grad(lambda v: np.sum(v * a))(np.ones(3)), a)


def test_a_cotangent_is_spent_only_where_nobody_looks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "LARGE", 0)
    x = np.linspace(-2.0, 2.0, 5)
    k = math.pi / 180

    def f(x: Any) -> Any:  # y gets one cotangent from each of three consumers
        y = np.deg2rad(np.sin(x))
        return np.sum(np.sin(np.deg2rad(y)) + np.deg2rad(y) * y + y)

    y = k * np.sin(x)
    expected = k * np.cos(x) * (k * np.cos(k * y) + 2 * k * y + 1)
    np.testing.assert_allclose(grad(f)(x), expected, rtol=64 * EPS)
    v = Value(x)
    z = np.sin(np.deg2rad(v))
    z.retain_grad()
    w = np.linspace(1.0, 2.0, 5)
    z.backward(w)
    np.testing.assert_array_equal(w, np.linspace(1.0, 2.0, 5))
    np.testing.assert_array_equal(z.grad, w)
    np.testing.assert_allclose(v.grad, w * k * np.cos(k * x), rtol=64 * EPS)


def test_plus_writes_into_a_temporary_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LARGE", 0)
    held, c = np.full(3, 2.0), np.full(3, 5.0)
    np.testing.assert_array_equal(plus(held, c), np.full(3, 7.0))
    np.testing.assert_array_equal(held, np.full(3, 2.0))
    only = {0: np.full(3, 2.0)}
    np.testing.assert_array_equal(plus(only.pop(0), c), np.full(3, 7.0))
    np.testing.assert_array_equal(c, np.full(3, 5.0))
    assert plus(np.full(3, 2.0, np.float32), c).dtype == np.float64


# --- what the C library does with it ------------------------------------------------------------

STEPS = """
import resource
import numpy as np
import microgradnet
def step():
    return [np.ones(100_000) for _ in range(10)]
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
before = faults()
for _ in range(20):
    step()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep what is freed")
def test_the_pages_of_one_step_serve_the_next() -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    run = [sys.executable, "-c", STEPS]
    done = subprocess.run(run, env=env, capture_output=True, text=True, check=True)
    pages_of_one_step = 8_000_000 // 4096
    assert int(done.stdout) < pages_of_one_step
