"""The doctor where no known mistake explains the numbers: what was written is found by a fit."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.graph import form
from microgradnet.testing.doctor.identified import added
from microgradnet.testing.doctor.views import _through_product

from .test_doctor_reading import said

rng = np.random.default_rng(21)


def network(w1: Any, w2: Any, b1: Any, w3: Any, w4: Any, x: Any, y: Any) -> Any:
    h1 = np.tanh(w1 * x + b1)
    h2 = np.tanh(w2 * x)
    out = w3 * h1 + w4 * h2
    return (out - y) ** 2


SCALARS = (
    network,
    """
def gradient(w1, w2, b1, w3, w4, x, y):
    h1, h2 = np.tanh(w1 * x + b1), np.tanh(w2 * x)
    d = 2 * (w3 * h1 + w4 * h2 - y)
    d1 = d * w3 * (1 - h1 * h1)
    d2 = d * w4 * (1 - h2**2)
    return d1 * x, d2 * x, d1, d * h1, d * h2
""",
    (0.5, -0.3, 0.1, 0.7, 0.4),
    (0.9, 0.2),
)


def two_layers(u: Any, b: Any, v: Any, x: Any, t: Any) -> Any:
    h = np.tanh(x @ u + b)
    return np.sum((h @ v - t) ** 2)


MATRICES = (
    two_layers,
    """
def gradient(u, b, v, x, t):
    h = np.tanh(x @ u + b)
    d = 2 * (h @ v - t)
    e = d @ v.T * (1 - h**2)
    return x.T @ e, e.sum(0), h.T @ d
""",
    (rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(3, 2))),
    (rng.normal(size=(4, 3)), rng.normal(size=(4, 2))),
)


def strided(k: Any, b: Any, x: Any, t: Any) -> Any:
    outs = [k @ x[2 * i : 2 * i + 3] + b for i in range(4)]
    return sum((outs[i] - t[i]) ** 2 for i in range(4))


WINDOWS = (
    strided,
    """
def gradient(k, b, x, t):
    d = [2 * (k @ x[2 * i : 2 * i + 3] + b - t[i]) for i in range(4)]
    dk = np.zeros(3)
    for i in range(4):
        for j in range(3):
            dk[j] += d[i] * x[2 * i + j]
    return dk, sum(d)
""",
    (rng.normal(size=3), 0.1),
    (rng.normal(size=9), rng.normal(size=4)),
)


@pytest.mark.parametrize(
    ("case", "right", "wrong", "says"),
    [
        (SCALARS, "d1 = d * w3", "d1 = d * (w3 + w4)", "`∂L/∂h1` .*∂L/∂h2"),
        (
            SCALARS,
            "d2 = d * w4",
            "d2 = d1 + d * w4",
            r"`∂L/∂\(w2\*x\)` has the extra term `∂L/∂b1`",
        ),
        (SCALARS, "d1 * x, d2 * x, d1,", "d1 * x, d2 * x, 0.9 * d1 + d2,", "∂L/∂"),
        (MATRICES, "e = d @ v.T *", "e = 2 * d @ v.T * h *", "taken as `2"),
        (MATRICES, "x.T @ e, e.sum", "(x - x.mean(0)).T @ e, e.sum", r"sum\(.*, axis=0\)"),
        (MATRICES, "(1 - h**2)", "(1 - h.mean(0) ** 2)", r"mean\(h, axis=0\)"),
        (MATRICES, "(1 - h**2)", "(1 - h**2) - 0.01 * h", r"extra term|taken as"),
        (
            MATRICES,
            "h.T @ d",
            "np.vstack([x.T[1:], x.T[:1] ** 1]) @ d",
            "multiplies `∂L/∂.*` by `x",
        ),
        (MATRICES, "e = d @ v.T", "e = d[::-1] @ v.T", r"\[::-1\]|reverse"),
        (
            WINDOWS,
            "x[2 * i + j]",
            "x[i + 2 * j]",
            r"`∂L/∂k\[j\]` multiplies `∂L/∂outs\[i\]` by `x\[i \+ 2\*j\]` .* `x\[2\*i \+ j\]`",
        ),
        (WINDOWS, "dk[j] +=", "dk[0] +=", r"goes to `∂L/∂k\[0\]` where it should go to"),
        (WINDOWS, "dk[j] += d[i]", "dk[j] += d[j]", "∂L/∂k"),
        (WINDOWS, "    return dk", "    dk[1] = 0\n    return dk", r"∂L/∂k\[1\]`.* always 0"),
    ],
)
def test_what_was_written(case: tuple[Any, ...], right: str, wrong: str, says: str) -> None:
    assert re.search(says, said(case, right, wrong))


@pytest.mark.parametrize(
    ("a", "b"), [((4, 5), (5, 6)), ((4, 5), (5,)), ((5,), (5, 6)), ((5,), (5,))]
)
@pytest.mark.parametrize("k", [0, 1])
def test_many_products_at_once(a: tuple[int, ...], b: tuple[int, ...], k: int) -> None:
    left, right = rng.normal(size=(2, 3, *a)), rng.normal(size=(2, 3, *b))
    g = np.array(
        [[x @ y for x, y in zip(*both, strict=True)] for both in zip(left, right, strict=True)]
    )
    g = rng.normal(size=form(g))
    found = _through_product(g, (right, left)[k], k)
    move = rng.normal(size=form((left, right)[k]))
    moved = np.array(
        [
            [(m @ y if k == 0 else x @ m) for x, y, m in zip(*three, strict=True)]
            for three in zip(left, right, move, strict=True)
        ]
    )
    assert found.shape == move.shape
    assert np.isclose(np.sum(found * move), np.sum(g * moved))


def test_sums_of_terms() -> None:
    assert added([(1.0, "a"), (-1.0, "b"), (0.5, "-c*d"), (2.0, "-(e + f)")]) == (
        "a - b - 1/2*c*d + 2*-(e + f)"
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            "+= d[n, :, j, i, None, None]",
            "by `x[0, 0, 2]` where it should multiply by `x[0, 2, 0]` ",
        ),
        ("= d[n, :, i, j, None, None]", "is `∂L/∂out[1, 0, 3]*x[1, 2, 2]` alone: the other 7"),
        (
            "+= d[n, :, i, j, None, None] * (i == j)",
            "the columns 1 and 2 of `∂L/∂out` are left out",
        ),
    ],
)
def test_windows_of_images_in_a_stack(wrong: str, says: str) -> None:
    def intended(k: Any, x: Any, y: Any) -> Any:
        windows = np.stack(
            [x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] for i, j in np.ndindex(2, 2)]
        )
        out = np.einsum("pnhw,fhw->nfp", windows, k)
        return np.sum((out - y) ** 2)

    scope: dict[str, Any] = {"np": np}
    text = f"""
def gradient(k, x, y):
    d, dk = np.zeros((2, 2, 2, 2)), np.zeros((2, 2, 2))
    for n, i, j in np.ndindex(2, 2, 2):
        window = x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        d[n, :, i, j] = 2 * (np.sum(k * window, axis=(1, 2)) - y[n, :, 2 * i + j])
    for n, i, j in np.ndindex(2, 2, 2):
        dk {wrong} * x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
    return dk
"""
    exec(text, scope)
    images = rng.normal(size=(2, 4, 4)), rng.normal(size=(2, 2, 4))
    found = diagnose(intended, scope["gradient"], (rng.normal(size=(2, 2, 2)),), inputs=images)
    assert says in str(found)


def test_numbers_from_outside_leave_no_further_points() -> None:
    # The intended function reads another number each time, as of a table: nothing can be fitted.
    def loss(w: Any, x: Any) -> Any:
        return np.sum((w * x * np.floor(10 * np.abs(np.asarray(x, float)))) ** 2)

    found = diagnose(loss, lambda w, x: 1.234 * np.cos(w), (rng.normal(size=2),), inputs=(1.5,))
    assert not found.explained


def recurrent(w: Any, u: Any, b: Any, xs: Any, t: Any) -> Any:
    h, loss = np.zeros(2), 0.0
    for x in xs:
        h = np.tanh(x @ w + h @ u + b)
        loss = loss + np.sum((h - t) ** 2)
    return loss


RECURRENT = (
    recurrent,
    """
def gradient(w, u, b, xs, t):
    hs = [np.zeros(2)]
    for x in xs:
        hs.append(np.tanh(x @ w + hs[-1] @ u + b))
    dw, du, db, carry = np.zeros_like(w), np.zeros_like(u), np.zeros_like(b), np.zeros(2)
    for x, before, h in zip(xs[::-1], hs[-2::-1], hs[:0:-1]):
        da = (2 * (h - t) + carry) * (1 - h**2)
        dw, du, db = dw + np.outer(x, da), du + np.outer(before, da), db + da
        carry = da @ u.T
    return dw, du, db
""",
    (rng.normal(size=(3, 2)), rng.normal(size=(2, 2)), rng.normal(size=2)),
    (rng.normal(size=(5, 3)), rng.normal(size=2)),
)


@pytest.mark.parametrize(
    ("case", "right", "wrong", "says"),
    [
        (RECURRENT, "carry = da", "carry = 0.9 * da", "is 9/10 times what it should be"),
        (RECURRENT, "= da @ u.T", "= da @ u.T + h - t", "∂L/∂h#"),
    ],
)
def test_rounds_and_turns(case: tuple[Any, ...], right: str, wrong: str, says: str) -> None:
    assert re.search(says, said(case, right, wrong))


def test_one_slip_in_what_is_transposed_at_the_end() -> None:
    intended, source, params, inputs = MATRICES
    namespace: dict[str, Any] = {"np": np}
    source = source.replace("1 - h**2", "h * (1 - h)").replace("x.T @ e,", "e.T @ x,")
    exec(source, namespace)
    found = diagnose(intended, namespace["gradient"], params, inputs=inputs)
    assert "`∂L/∂u` is transposed" in str(found)
    assert "`∂h/∂(x@u + b)` is taken as `h*(1 - h)`" in str(found)


def step(w: Any, b: Any, x: Any, y: Any) -> Any:
    return np.sum((np.tanh(x @ w + b) - y) ** 2)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("w, b = once(w, b, 0.2)\n    w, b = once(w, b, 0.2)", "^two steps are taken"),
        (
            "w1, b1 = once(w, b, 0.2)\n    w, b = w - 0.2 * (w - w1), b1",
            r"`∂L/∂w` is 1/5 times what it should be \(perhaps by the learning rate, once more\)",
        ),
    ],
)
def test_steps(code: str, says: str) -> None:
    source = f"""
def stepped(w, b, x, y):
    def once(w, b, lr):
        h = np.tanh(x @ w + b)
        d = 2 * (h - y) * (1 - h**2)
        return w - lr * x.T @ d, b - lr * d.sum()
    {code}
    return w, b
"""
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    inputs = rng.normal(size=(6, 3)), rng.normal(size=6)
    params = rng.normal(size=3), 0.1
    found = diagnose(step, namespace["stepped"], params, inputs=inputs, learning_rate=0.2)
    assert re.search(says, str(found))


@pytest.mark.parametrize(
    ("c", "says"),
    [
        (36.0, r"multiplied by 6, the number of rows, where it should be divided\)"),
        (1 / 36, r"divided by 6, the number of rows, where it should be multiplied\)"),
        (18.0, r"18 is a length of the data\)"),
        (7.0, r"7 times what it should be$"),
    ],
)
def test_where_constants_come_from(c: float, says: str) -> None:
    def gradient(w: Any, b: Any, x: Any, y: Any) -> Any:
        h = np.tanh(x @ w + b)
        d = 2 * (h - y) * (1 - h**2)
        return c * (x.T @ d), c * d.sum()

    inputs = rng.normal(size=(6, 3)), rng.normal(size=6)
    found = diagnose(step, gradient, (rng.normal(size=3), 0.1), inputs=inputs)
    assert re.search(says, str(found))


def test_what_is_said_of_several_elements_is_said_once() -> None:
    def loss(f: Any, img: Any) -> Any:
        total = 0.0
        for r in range(3):
            for q in range(3):
                total = total + np.tanh(np.sum(f * img[r : r + 2, q : q + 2])) ** 2
        return total

    def gradient(f: Any, img: Any) -> Any:
        for r in range(3):
            for q in range(3):
                h = np.tanh(np.sum(f * img[r : r + 2, q : q + 2]))
                d = 2 * h * (1 - h**2) * img[r : r + 2, q : q + 2]
        return d

    found = diagnose(loss, gradient, rng.normal(size=(2, 2)), inputs=rng.normal(size=(4, 4)))
    assert found.explained
    assert len(found.sentences) == 1
