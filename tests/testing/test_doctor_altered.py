"""The doctor on values that are altered before they are read, and on operations made of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.ops.arithmetic import add, divide, multiply
from microgradnet.ops.elementwise import exp
from microgradnet.ops.matrices import matmul
from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.composed import constant, nested, padding, view
from microgradnet.testing.doctor.sweep import contributions

R = np.random.default_rng(0).normal
PARAMS = {"W": R(size=(3, 4)), "b": R(size=4), "V": R(size=(4, 2))}
DATA = (R(size=(5, 3)), R(size=(5, 2)))


def loss(p, X, Y):  # type: ignore[no-untyped-def]
    return np.sum((np.tanh(X @ p["W"] + p["b"]) @ p["V"] - Y) ** 2)


def by_hand(  # type: ignore[no-untyped-def]
    p, X, Y, x=lambda X: X, y=lambda Y: Y, h=lambda H: H, f=lambda z, b: np.tanh(z + b)
):
    X, Y = x(X), y(Y)
    H = h(f(X @ p["W"], p["b"]))
    d = 2 * (H @ p["V"] - Y)
    dz = d @ p["V"].T * (1 - H * H)
    return {"W": X.T @ dz, "b": dz.sum(0), "V": H.T @ d}


Z = "tanh(X@W + b)"


@pytest.mark.parametrize(
    ("altered", "says"),
    [
        ({"y": lambda Y: 0.9 * Y + 0.05}, "`0.9*Y + 0.05` is read in the place of `Y`"),
        ({"y": lambda Y: 2 * Y - 1}, "`2*Y - 1` is read in the place of `Y`"),
        ({"x": lambda X: X / 255}, "`1/255*X` is read in the place of `X`"),
        (
            {"x": lambda X: X - X.mean(0)},
            "`X - mean(X, axis=0)` is read in the place of `X`",
        ),
        ({"h": lambda H: 2 * H}, f"`2*{Z}` is read in the place of `{Z}`"),
        (
            {"f": lambda z, b: np.tanh(z) + b},
            f"`{Z}` is computed as `tanh(X@W) + b` where it should be `{Z}`",
        ),
    ],
)
def test_altered_values_are_named(altered: dict[str, Any], says: str) -> None:
    found = diagnose(loss, lambda p, X, Y: by_hand(p, X, Y, **altered), PARAMS, inputs=DATA)
    assert str(found) == says


def test_what_a_pass_forward_alone_reads() -> None:
    def gradient(p, X, Y):  # type: ignore[no-untyped-def]
        return {**by_hand(p, X - 1, Y), "W": by_hand(p, X - 1, Y)["b"] * 0 + _of_weights(p, X, Y)}

    def _of_weights(p, X, Y):  # type: ignore[no-untyped-def]
        H = np.tanh((X - 1) @ p["W"] + p["b"])
        return X.T @ (2 * (H @ p["V"] - Y) @ p["V"].T * (1 - H * H))

    said = str(diagnose(loss, gradient, PARAMS, inputs=DATA))
    assert said == "`X@W` reads `X - 1` where it should read `X`" or said.startswith("`X - 1` is")


def test_a_label_found_by_the_code_itself() -> None:
    def cross_entropy(W, X, T):  # type: ignore[no-untyped-def]
        S = X @ W
        return np.sum(np.log(np.sum(np.exp(S), axis=1))) - np.sum(T * S)

    def gradient(W, X, T):  # type: ignore[no-untyped-def]
        S = X @ W
        e = np.exp(S)
        return X.T @ (e / e.sum(1, keepdims=True) - (S.max(1, keepdims=True) <= S))

    data = DATA[0], np.eye(4)[[0, 1, 3, 2, 0]]
    said = str(diagnose(cross_entropy, gradient, R(size=(3, 4)), inputs=data))
    assert "(S == max(S, axis=-1))" in said and "T" in said


@pytest.mark.parametrize(
    ("widths", "mode", "says"),
    [
        ((0, 2), "constant", "`x` is padded behind only"),
        ((1, 1), "edge", "`x` is padded as by `mode='edge'` where it should be by zeros"),
    ],
)
def test_padding(widths: tuple[int, int], mode: Any, says: str) -> None:
    def convolved(k, x, y, widths=(1, 1), mode="constant"):  # type: ignore[no-untyped-def]
        p = np.pad(x, widths, mode=mode)
        return np.stack([np.sum(k * p[i : i + 3]) for i in range(5)]) - y, p

    def intended(k, x, y):  # type: ignore[no-untyped-def]
        return np.sum(convolved(k, x, y)[0] ** 2)

    def gradient(k, x, y):  # type: ignore[no-untyped-def]
        e, p = convolved(k, x, y, widths, mode)
        return sum(2 * e[i] * p[i : i + 3] for i in range(5))

    assert str(diagnose(intended, gradient, R(size=3), inputs=(R(size=5), R(size=5)))) == says


def test_brackets_and_signs_of_scalars() -> None:
    def intended(w, b, x, y):  # type: ignore[no-untyped-def]
        return ((w * x + y + b) / (x - w)) ** 2

    def with_values(w, b, x, y, z, n):  # type: ignore[no-untyped-def]
        return 2 * z / n * (x / n) + 2 * z / n * (z / n**2), 2 * z / n / n

    def product(w, b, x, y):  # type: ignore[no-untyped-def]
        return with_values(w, b, x, y, w * x + y * b, x - w)

    said = str(diagnose(intended, product, (0.3, 0.2), inputs=(2.0, 1.0)))
    assert said == "`w*x + y + b` is computed as `w*x + y*b` where it should be `w*x + y + b`"


def test_a_parameter_read_transposed_element_by_element() -> None:
    def read(W, x, swap=False):  # type: ignore[no-untyped-def]
        V = W.T if swap else W
        return [V[0, 0] * x[0] + V[0, 1] * x[1], V[1, 0] * x[0] + V[1, 1] * x[1]]

    def intended(W, x, y):  # type: ignore[no-untyped-def]
        a, b = (W[i][0] * x[0] + W[i][1] * x[1] for i in range(2))
        return (np.tanh(a) - y) ** 2 + (np.tanh(b) - y) ** 2

    def gradient(W, x, y):  # type: ignore[no-untyped-def]
        h = np.tanh(read(W, x, swap=True))
        return np.outer(2 * (h - y) * (1 - h * h), x)

    found = diagnose(intended, gradient, R(size=(2, 2)), inputs=(R(size=2), 0.3))
    assert str(found) == "`W` is read transposed everywhere"


TURNED = view(np.transpose, np.transpose)
SHIFT = view(lambda v: np.roll(v, 1, -1), lambda v: np.roll(v, -1, -1))


@pytest.mark.parametrize(
    ("made", "shapes"),
    [
        (nested(divide, exp, 1), ((3,), (3,))),
        (nested(multiply, add, 0, 2), ((3,), (), (3,))),
        (nested(divide, constant(2.0), 0), ((3,), (3,))),
        (nested(matmul, exp, 0), ((2, 3), (3,))),
        (nested(matmul, TURNED, 1), ((2, 3), (4, 3))),
        (nested(add, matmul, 0, 2, last=False), ((2, 3), (3,), (2,))),
        (nested(multiply, SHIFT, 0), ((3,), (3,))),
        (padding([(1, 2)], "edge"), ((3,),)),
    ],
    ids=lambda x: x.name if hasattr(x, "name") else None,
)
def test_operations_made_of_two_have_the_right_slopes(made: Any, shapes: Any) -> None:
    xs = [R(size=shape) + 2.0 for shape in shapes]
    z = made.evaluate(*xs)
    g = R(size=np.shape(z))
    cs = contributions(made, {}, g, z, xs, [True] * len(xs))
    for i, c in enumerate(cs):
        step = R(size=np.shape(xs[i]))
        sides = [
            made.evaluate(*(x + s * step if i == j else x for j, x in enumerate(xs)))
            for s in (1e-6, -1e-6)
        ]
        slope = np.sum(g * (sides[0] - sides[1])) / 2e-6
        assert np.isclose(np.sum(c * step), slope, rtol=1e-6, atol=1e-8)
