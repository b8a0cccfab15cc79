"""Operations on whole arrays, chapter by chapter, with gradients derived by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Case

rng = np.random.default_rng(7)
V = rng.normal(size=6)
M = rng.normal(size=(3, 4))
S = rng.normal(size=(3, 3)) + 2 * np.eye(3)
T = rng.normal(size=(2, 3, 2))
W3, W4, W6 = rng.normal(size=3), rng.normal(size=4), rng.normal(size=6)
W34, W33, W43 = rng.normal(size=(3, 4)), rng.normal(size=(3, 3)), rng.normal(size=(4, 3))
CASES: list[Case] = []


def case(name: str, f: Any, gradient: Any, *points: Any) -> None:
    CASES.extend(Case(name, f, gradient, np.asarray(x)) for x in points)


def at(x: Any, place: Any, values: Any) -> Any:
    """Zeros like x, with values added at a place."""
    out = np.zeros_like(x)
    np.add.at(out, place, values)
    return out


def t(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def w(weights: Any, x: Any) -> Any:
    """Weights in the dtype of the argument: float32 code stays float32."""
    return weights.astype(x.dtype)


# --- reductions and statistics ------------------------------------------------------------------

case("sum", lambda x: np.sum(x) ** 2, lambda x: 2 * np.sum(x) + 0 * x, V, M)
case("sum, axis", lambda x: np.sum(np.sum(x, 0) ** 3), lambda x: 3 * np.sum(x, 0) ** 2 + 0 * x, M)
case("mean", lambda x: np.mean(x) ** 2, lambda x: 2 * np.mean(x) / x.size + 0 * x, V, M)
case("prod", np.prod, lambda x: np.prod(x) / x, V, M)
case("var", np.var, lambda x: 2 * (x - x.mean()) / x.size, V, M, V + 30)
case("std", np.std, lambda x: (x - x.mean()) / x.size / np.std(x), V, M)
case(
    "std, ddof",
    lambda x: np.std(x, ddof=1),
    lambda x: (x - x.mean()) / (x.size - 1) / np.std(x, ddof=1),
    V,
)
case("max", np.max, lambda x: at(x, np.unravel_index(np.argmax(x), x.shape), 1), V, M)
case("min", np.min, lambda x: at(x, np.unravel_index(np.argmin(x), x.shape), 1), V, M)
case("max, axis", lambda x: w(W4, x) @ np.max(x, 0), lambda x: (x == x.max(0)) * w(W4, x), M)
case("ptp", np.ptp, lambda x: at(x, np.argmax(x), 1) - at(x, np.argmin(x), 1), V)
case("median, even", np.median, lambda x: at(x, np.argsort(x)[2:4], 0.5), V)
case("median, odd", np.median, lambda x: at(x, np.argsort(x)[2], 1), V[:5])
case("quantile", lambda x: np.quantile(x, 0.3), lambda x: at(x, np.argsort(x)[1:3], [0.5, 0.5]), V)
case(
    "average",
    lambda x: np.average(x**2, weights=np.abs(W6)),
    lambda x: 2 * x * np.abs(W6) / np.abs(W6).sum(),
    V,
)


def _logsumexp(x: Any) -> Any:
    top = x.max()
    return top + np.log(np.sum(np.exp(x - top)))


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max())
    return e / e.sum()


case("logsumexp", _logsumexp, _softmax, V, M, V * 8, V + 100)
case(
    "softmax",
    lambda x: w(W6, x) @ _softmax(x),
    lambda x: _softmax(x) * (w(W6, x) - w(W6, x) @ _softmax(x)),
    V,
    V * 4,
)
case("cross entropy", lambda x: _logsumexp(x) - x[2], lambda x: _softmax(x) - at(x, 2, 1), V, V * 3)
case(
    "cov",
    lambda x: np.cov(x)[0, 1],
    lambda x: (x[::-1] - x[::-1].mean(1, keepdims=True)) / (x.shape[1] - 1),
    M[:2],
)

# --- cumulative and differences -----------------------------------------------------------------

case(
    "cumsum", lambda x: w(W6, x) @ np.cumsum(x), lambda x: np.cumsum(w(W6, x)[::-1])[::-1].copy(), V
)
case(
    "cumprod",
    lambda x: w(W6, x) @ np.cumprod(x),
    lambda x: np.cumsum((w(W6, x) * np.cumprod(x))[::-1])[::-1] / x,
    V,
)
case(
    "diff",
    lambda x: np.sum(np.diff(x) ** 2),
    lambda x: -2 * np.diff(np.diff(x), prepend=0, append=0),
    V,
)
case(
    "trapezoid",
    lambda x: np.trapezoid(x**2),
    lambda x: 2 * x * np.array([0.5, 1, 1, 1, 1, 0.5], x.dtype),
    V,
)
case(
    "maximum.accumulate",
    lambda x: w(W6, x) @ np.maximum.accumulate(x),
    lambda x: at(x, [np.argmax(x[: i + 1]) for i in range(6)], w(W6, x)),
    V,
)

# --- indexing, manipulation, sorting ------------------------------------------------------------

case("slice", lambda x: np.sum(x[1::2] ** 2), lambda x: at(x, slice(1, None, 2), 2 * x[1::2]), V)
case(
    "repeated index",
    lambda x: np.prod(x[[0, 2, 2]]),
    lambda x: at(x, [0, 2], [x[2] ** 2, 2 * x[0] * x[2]]),
    V,
)
case("mask", lambda x: np.sum(x[x > 0] ** 3), lambda x: 3 * x**2 * (x > 0), V, M)
case(
    "take",
    lambda x: np.take(x, 3) ** 2,
    lambda x: at(x, np.unravel_index(3, x.shape), 2 * x.flat[3]),
    V,
    M,
)
case(
    "reshape",
    lambda x: np.sum(x.reshape(-1, 2)[:, 0] ** 2),
    lambda x: at(x, slice(None, None, 2), 2 * x[::2]),
    V,
)
case("transpose", lambda x: np.sum(t(x) * w(W43, x) * t(x)), lambda x: 2 * x * t(w(W43, x)), M)
case("roll", lambda x: np.sum(x * np.roll(x, 1)), lambda x: np.roll(x, 1) + np.roll(x, -1), V)
case("flip", lambda x: np.sum(x**2 * np.flip(x)), lambda x: 2 * x * x[::-1] + x[::-1] ** 2, V)
case(
    "concatenate",
    lambda x: np.prod(np.concatenate([x[:2], x[1:3]])),
    lambda x: at(x, [0, 1, 2], [x[1] ** 2 * x[2], 2 * x[0] * x[1] * x[2], x[0] * x[1] ** 2]),
    V,
)
case(
    "pad",
    lambda x: np.sum(np.convolve(np.pad(x, 1), [1, 2, 3], "valid") ** 2),
    lambda x: np.convolve(2 * np.convolve(np.pad(x, 1), [1, 2, 3], "valid"), [3, 2, 1], "full")[
        1:-1
    ],
    V,
)
case("tile", lambda x: w(W6, x) @ np.tile(x, 2), lambda x: w(W6, x)[:3] + w(W6, x)[3:], V[:3])
case(
    "repeat",
    lambda x: w(W6, x) @ np.repeat(x, 2) ** 2,
    lambda x: 2 * x * w(W6, x).reshape(3, 2).sum(1),
    V[:3],
)
case(
    "sort",
    lambda x: w(W6, x) @ np.sort(x) ** 2,
    lambda x: at(x, np.argsort(x), 2 * np.sort(x) * w(W6, x)),
    V,
)
case(
    "where",
    lambda x: np.sum(np.where(x > 0.1, x**2, np.sin(x))),
    lambda x: np.where(x > 0.1, 2 * x, np.cos(x)),
    V,
    M,
)
case(
    "broadcast",
    lambda x: np.sum(x[:, None] * x[None, :] ** 2),
    lambda x: np.sum(x**2) + 2 * x * np.sum(x),
    V,
)
case("tril", lambda x: np.sum(np.tril(x) ** 2), lambda x: 2 * np.tril(x), S)
case(
    "diagonal",
    lambda x: np.prod(np.diagonal(x)),
    lambda x: np.diag(np.prod(np.diagonal(x)) / np.diagonal(x)),
    S,
)

# --- products and linear algebra ----------------------------------------------------------------

case("dot", lambda x: x[:3] @ x[3:], lambda x: np.concatenate([x[3:], x[:3]]), V)
case(
    "matmul",
    lambda x: np.sum((x @ w(W43, x)) ** 2),
    lambda x: 2 * (x @ w(W43, x)) @ t(w(W43, x)),
    M,
)
case(
    "quadratic form",
    lambda x: w(W3, x) @ (x @ x) @ w(W3, x),
    lambda x: np.outer(w(W3, x), x @ w(W3, x)) + np.outer(t(x) @ w(W3, x), w(W3, x)),
    S,
)
case(
    "outer",
    lambda x: np.sum(np.outer(x, w(W3, x)) ** 2),
    lambda x: 2 * x * np.sum(w(W3, x) ** 2),
    V,
)
case(
    "einsum",
    lambda x: np.einsum("ijk,ijl,kl->", x, x, w(W33[:2, :2], x)),
    lambda x: x @ (w(W33[:2, :2], x) + t(w(W33[:2, :2], x))),
    T,
)
case(
    "kron",
    lambda x: np.sum(np.kron(x, w(W3, x)) ** 3),
    lambda x: 3 * x**2 * np.sum(w(W3, x) ** 3),
    V,
)
case(
    "tensordot",
    lambda x: np.sum(np.tensordot(x, w(W34, x), 2) ** 2),
    lambda x: 2 * np.tensordot(x, w(W34, x), 2) * w(W34, x),
    M,
)
case("trace", lambda x: np.trace(x @ x), lambda x: 2 * t(x), S)
case(
    "inv",
    lambda x: np.sum(w(W33, x) * np.linalg.inv(x)),
    lambda x: -t(np.linalg.inv(x)) @ w(W33, x) @ t(np.linalg.inv(x)),
    S,
    S * 5,
)
case("det", np.linalg.det, lambda x: np.linalg.det(x) * t(np.linalg.inv(x)), S, S / 3)
case("slogdet", lambda x: np.linalg.slogdet(x)[1], lambda x: t(np.linalg.inv(x)), S)
case(
    "solve",
    lambda x: w(W3, x) @ np.linalg.solve(x, w(W3, x)),
    lambda x: -np.outer(np.linalg.solve(t(x), w(W3, x)), np.linalg.solve(x, w(W3, x))),
    S,
)
case("norm", np.linalg.norm, lambda x: x / np.linalg.norm(x), V, M, V * 1e6, V * 1e-8)
case("norm 1", lambda x: np.linalg.norm(x, 1), np.sign, V)
case(
    "norm 3",
    lambda x: np.sum(np.abs(x) ** 3) ** (1 / 3),
    lambda x: np.sign(x) * x**2 / np.sum(np.abs(x) ** 3) ** (2 / 3),
    V,
)
case(
    "norm inf",
    lambda x: np.max(np.abs(x)),
    lambda x: at(x, np.argmax(np.abs(x)), np.sign(x[np.argmax(np.abs(x))])),
    V,
)


def _spectral(x: Any) -> Any:
    u, _, vh = np.linalg.svd(x)
    return np.outer(u[:, 0], vh[0])


def _lowest(x: Any) -> Any:
    v = np.linalg.eigh((x + t(x)) / 2)[1][:, 0]
    return np.outer(v, v)


def _nuclear(x: Any) -> Any:
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return u @ vh


case("spectral norm", lambda x: np.linalg.svd(x, compute_uv=False)[0], _spectral, M, S)
case("nuclear norm", lambda x: np.linalg.svd(x, compute_uv=False).sum(), _nuclear, M, S)
case("eigh", lambda x: np.linalg.eigvalsh((x + t(x)) / 2)[0], _lowest, S)
case(
    "cosine",
    lambda x: x[:3] @ x[3:] / np.linalg.norm(x[:3]) / np.linalg.norm(x[3:]),
    lambda x: np.concatenate([_cosine(x[:3], x[3:]), _cosine(x[3:], x[:3])]),
    V,
)
case("fft power", lambda x: np.sum(np.abs(np.fft.fft(x)[1:3]) ** 2), lambda x: _power(x), V)
case(
    "convolve",
    lambda x: np.sum(np.convolve(x, w(W3, x)) ** 2),
    lambda x: 2 * np.convolve(np.convolve(x, w(W3, x)), w(W3, x)[::-1], "valid"),
    V,
)
case(
    "polyval",
    lambda x: np.polyval(x, 0.7) ** 2,
    lambda x: 2 * np.polyval(x, 0.7) * 0.7 ** np.arange(5.0, -1, -1),
    V,
)
case(
    "interp",
    lambda x: np.sum(np.interp(x, [-9, 0.1, 9], [1, 3, -2])),
    lambda x: np.where(x < 0.1, 2 / 9.1, -5 / 8.9),
    V,
)


def _cosine(a: Any, b: Any) -> Any:
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    return b / na / nb - (a @ b) * a / na**3 / nb


def _power(x: Any) -> Any:
    y = np.fft.fft(x)
    y[[0, 3, 4, 5]] = 0
    return 2 * np.real(np.fft.ifft(y)) * len(x)


# --- networks -----------------------------------------------------------------------------------


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _network(x: Any) -> Any:
    return (1 - _sigmoid(w(W3, x) @ _sigmoid(x @ w(W4, x)))) ** 2


def _network_gradient(x: Any) -> Any:
    h = _sigmoid(x @ w(W4, x))
    o = _sigmoid(w(W3, x) @ h)
    return np.outer(-2 * (1 - o) * o * (1 - o) * w(W3, x) * h * (1 - h), w(W4, x))


case("network", _network, _network_gradient, M, M * 3, M * 10)
case(
    "rosenbrock",
    lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    lambda x: (
        np.pad(-400 * (x[1:] - x[:-1] ** 2) * x[:-1] - 2 * (1 - x[:-1]), (0, 1))
        + np.pad(200 * (x[1:] - x[:-1] ** 2), (1, 0))
    ),
    V,
    V * 30,
    V * 1e-3,
)
case(
    "mean squared error",
    lambda x: np.mean((x - w(W6, x)) ** 2),
    lambda x: (x - w(W6, x)) / 3,
    V,
    V * 1e4,
)
