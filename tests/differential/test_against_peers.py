"""Values and gradients of some 130 functions beside those of torch, JAX and autograd.

One row per function: it is called with the peer's own namespace as `m`. Where a peer
spells it differently the row says how; where a peer has a known bug the row skips it, and
says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from microgradnet import value_and_grad

pytestmark = pytest.mark.differential

EPS = float(np.finfo(np.float64).eps)
# Both sides are exact formulas in float64; samples have condition numbers below 1e3, and
# a hundred roundings each: 1e5 EPS, relative to the largest entry.
TOLERANCE = 1e5 * EPS

F = Callable[[Any, Any], Any]
ABSENT = "has no such function, or no derivative of it"


class Row(NamedTuple):
    """A function, where it is sampled, and what a peer needs said about it."""

    name: str
    f: F
    sample: str = "any"
    torch: F | str | None = None  # another spelling, or a reason to skip
    jax: F | str | None = None
    autograd: F | str | None = None


A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
S = np.array([[2.0, 0.5, -0.3], [0.1, 1.5, 0.4], [-0.7, 0.2, 1.8]])
SAMPLES: dict[str, Any] = {
    "any": A,
    "positive": np.abs(A) + 0.1,
    "unit": A / 3,
    "above": np.abs(A) + 1.5,
    "vector": np.array([0.9, -0.4, 1.7, 0.2]),
    "square": S,
    "spd": S @ S.T + np.eye(3),
    "stack": np.stack([S, S.T + 0.3]),
    "cube": np.cos(np.arange(1.0, 13.0)).reshape(2, 3, 2),
    "scalar": 0.6,
}
Y = np.array([[1.1, 0.65, -0.8], [-0.5, 2.3, 0.9]])
V = np.array([0.4, 1.3, -0.7])
W = np.array([[0.3, -1.1], [0.8, 0.5], [-0.2, 1.6]])
K = np.array([0.5, -0.25, 0.125])


def c(m: Any, x: Any) -> Any:
    """Give a constant array in the peer's own kind."""
    return m.tensor(x) if m.__name__ == "torch" else x


def unary(name: str, sample: str = "any", **peers: Any) -> Row:
    """Row of a function that has the same name everywhere."""
    return Row(name, lambda m, x: getattr(m, name)(x), sample, **peers)


def binary(name: str, sample: str = "any", other: Any = Y, **peers: Any) -> Row:
    """Row of a function of `x` and a constant, both as first and as second operand."""

    def f(m: Any, x: Any) -> Any:
        fn, y = getattr(m, name), c(m, other)
        return fn(x, y) + 3 * fn(y, x)

    return Row(name, f, sample, **peers)


NO = {"torch": ABSENT}
ROWS = [
    # --- elementwise ---
    *[unary(n) for n in ("exp", "expm1", "exp2", "sin", "cos", "tan", "arctan", "sinh", "cosh",
                         "tanh", "arcsinh", "square", "negative", "deg2rad", "rad2deg", "floor",
                         "ceil", "trunc", "sign", "sinc")],
    *[unary(n, "positive") for n in ("log", "log2", "log10", "log1p", "sqrt", "reciprocal")],
    *[unary(n, "unit") for n in ("arcsin", "arccos", "arctanh")],
    unary("arccosh", "above"),
    unary("abs"),
    unary("cbrt", "positive", **NO, autograd=ABSENT),
    unary("rint", **NO),
    unary("nan_to_num"),
    *[binary(n) for n in ("add", "subtract", "multiply", "divide", "arctan2", "maximum",
                          "minimum", "fmax", "fmin", "logaddexp", "logaddexp2")],
    binary("hypot"),
    binary("power", "positive", np.abs(Y), torch=lambda m, x: m.pow(x, c(m, np.abs(Y)))
           + 3 * m.pow(c(m, np.abs(Y)), x)),
    binary("remainder"),
    binary("fmod", autograd=ABSENT),
    binary("copysign", autograd=ABSENT),
    binary("heaviside", torch=ABSENT, autograd=ABSENT),
    Row("float_power", lambda m, x: m.float_power(x, 1.7), "positive", autograd=ABSENT),
    Row("integer power", lambda m, x: x**3 + x**-2),
    Row("ldexp", lambda m, x: m.ldexp(x, c(m, np.array([1, -2, 3]))), autograd=ABSENT,
        torch="takes 2**n in integers: 0 for a negative n"),
    Row("where", lambda m, x: m.where(x > 0, x * x, -x)),
    Row("clip", lambda m, x: m.clip(x, -0.5, 1.0)),
    Row("operators", lambda m, x: (2 - x) / (x * x + 1) + -x * 3.0 - abs(x)),
    Row("scalar broadcast", lambda m, x: x * c(m, A) + c(m, V), "scalar"),
    # --- reductions ---
    *[Row(f"{n} {kw}", lambda m, x, n=n, kw=kw: getattr(m, n)(x, **kw))
      for n in ("sum", "mean") for kw in ({}, {"axis": 0}, {"axis": -1, "keepdims": True},
                                          {"axis": (0, 1)})],
    Row("prod", lambda m, x: m.prod(x)),
    Row("prod axis", lambda m, x: m.prod(x, axis=-1)),
    Row("var", lambda m, x: m.var(x), torch=lambda m, x: m.var(x, correction=0)),
    Row("var ddof", lambda m, x: m.var(x, axis=1, ddof=1),
        torch=lambda m, x: m.var(x, dim=1, correction=1)),
    Row("std", lambda m, x: m.std(x, axis=0), torch=lambda m, x: m.std(x, dim=0, correction=0)),
    Row("std ddof", lambda m, x: m.std(x, ddof=1), torch=lambda m, x: m.std(x, correction=1)),
    Row("max", lambda m, x: m.max(x)),
    Row("min", lambda m, x: m.min(x)),
    Row("max axis", lambda m, x: m.max(x, axis=1), torch=lambda m, x: m.amax(x, dim=1)),
    Row("min axis", lambda m, x: m.min(x, axis=0), torch=lambda m, x: m.amin(x, dim=0)),
    Row("max of ties", lambda m, x: m.max(m.concatenate([x, x])),
        torch=lambda m, x: m.max(m.cat([x, x]))),
    Row("ptp", lambda m, x: m.ptp(x, axis=0), **NO, autograd=ABSENT),
    Row("median", lambda m, x: m.median(x, axis=1), autograd=ABSENT,
        torch=lambda m, x: m.median(x, dim=1).values),
    Row("median of an even number", lambda m, x: m.median(x), autograd=ABSENT,
        torch="takes the lower of the two middle elements"),
    Row("quantile", lambda m, x: m.quantile(x, 0.3, axis=1), autograd=ABSENT,
        torch=lambda m, x: m.quantile(x, 0.3, dim=1)),
    Row("percentile", lambda m, x: m.percentile(x, 70.0), **NO, autograd=ABSENT),
    Row("nansum", lambda m, x: m.nansum(x, axis=0), autograd=ABSENT),
    Row("nanmean", lambda m, x: m.nanmean(x, axis=0), autograd=ABSENT),
    Row("cumsum", lambda m, x: m.cumsum(x, axis=1)),
    Row("cumprod", lambda m, x: m.cumprod(x, axis=1), autograd=ABSENT),
    Row("diff", lambda m, x: m.diff(x, n=2, axis=-1)),
    Row("gradient", lambda m, x: m.gradient(x, axis=1), torch=lambda m, x: m.gradient(x, dim=1)[0],
        autograd="fails where an axis is shorter than 4"),
    Row("trapezoid", lambda m, x: m.trapezoid(x, dx=0.3), autograd=ABSENT),
    Row("average", lambda m, x: m.average(x, axis=1, weights=V), **NO, autograd=ABSENT),
    Row("cov", lambda m, x: m.cov(x), autograd=ABSENT),
    Row("corrcoef", lambda m, x: m.corrcoef(x), autograd=ABSENT),
    # --- manipulation ---
    Row("reshape", lambda m, x: m.reshape(x, (3, 2))),
    Row("ravel", lambda m, x: m.ravel(x)),
    Row("transpose", lambda m, x: m.transpose(x, (1, 2, 0)), "cube",
        torch=lambda m, x: m.permute(x, (1, 2, 0))),
    Row("transpose negative", lambda m, x: m.transpose(x, (-1, 0, 1)), "cube",
        torch=lambda m, x: m.permute(x, (-1, 0, 1)), autograd="gives a gradient of another shape"),
    Row("moveaxis", lambda m, x: m.moveaxis(x, 0, -1), "cube"),
    Row("swapaxes", lambda m, x: m.swapaxes(x, 0, 2), "cube"),
    Row("expand_dims", lambda m, x: m.expand_dims(x, 1), torch=lambda m, x: m.unsqueeze(x, 1)),
    Row("broadcast_to", lambda m, x: m.broadcast_to(x, (2, 2, 3)), autograd="refuses new axes"),
    Row("concatenate", lambda m, x: m.concatenate([x, c(m, Y), x], axis=-1)),
    Row("stack", lambda m, x: m.stack([x, x * x], axis=1)),
    Row("vstack", lambda m, x: m.vstack([x, c(m, Y)])),
    Row("hstack", lambda m, x: m.hstack([x, x])),
    Row("dstack", lambda m, x: m.dstack([x, x * x])),
    Row("column_stack", lambda m, x: m.column_stack([x, x[:, 0]])),
    Row("split", lambda m, x: m.split(x, 3, axis=1)[1] * x,
        torch=lambda m, x: m.tensor_split(x, 3, dim=1)[1] * x),
    Row("tile", lambda m, x: m.tile(x, (2, 2))),
    Row("repeat", lambda m, x: m.repeat(x, 2, axis=1),
        torch=lambda m, x: m.repeat_interleave(x, 2, dim=1)),
    Row("roll", lambda m, x: m.roll(x, 2, axis=1), torch=lambda m, x: m.roll(x, 2, dims=1)),
    Row("rot90", lambda m, x: m.rot90(x)),
    Row("flip", lambda m, x: m.flip(x, 1), torch=lambda m, x: m.flip(x, (1,)), autograd=ABSENT),
    Row("pad", lambda m, x: m.pad(x, ((0, 0), (1, 2))),
        torch=lambda m, x: m.nn.functional.pad(x, (1, 2)),
        autograd=lambda m, x: m.pad(x, ((0, 0), (1, 2)), mode="constant")),
    Row("pad reflect", lambda m, x: m.pad(x, ((0, 0), (1, 2)), mode="reflect"), autograd=ABSENT,
        torch=lambda m, x: m.nn.functional.pad(x, (1, 2), mode="reflect")),
    Row("tril", lambda m, x: m.tril(x, -1), "square"),
    Row("triu", lambda m, x: m.triu(x, 1)),
    Row("diag of a matrix", lambda m, x: m.diag(x, 1), "square"),
    Row("diag of a vector", lambda m, x: m.diag(x), "vector"),
    Row("diagonal", lambda m, x: m.diagonal(x), "square", autograd="wants axes -1 and -2"),
    Row("trace", lambda m, x: m.trace(x), "square"),
    Row("meshgrid", lambda m, x: m.meshgrid(x, x * x, indexing="ij")[1], "vector",
        autograd=ABSENT),
    # --- indexing, sorting ---
    Row("slices", lambda m, x: x[:, 1:] * x[:, :-1]),
    Row("integer arrays", lambda m, x: x[[0, 1, 1], [2, 0, 0]]),
    Row("boolean mask", lambda m, x: x[x > 0]),
    Row("take", lambda m, x: m.take(x, c(m, np.array([0, 0, 5]))), autograd=ABSENT),
    Row("take_along_axis", lambda m, x: m.take_along_axis(x, c(m, np.array([[0, 0], [2, 1]])), 1),
        torch=lambda m, x: m.take_along_dim(x, c(m, np.array([[0, 0], [2, 1]])), 1),
        autograd=ABSENT),
    Row("sort", lambda m, x: m.sort(x, axis=1), torch=lambda m, x: m.sort(x, dim=1).values,
        autograd="sorts vectors only"),
    Row("partition", lambda m, x: m.partition(x, 2)[2], "vector", **NO),
    Row("select", lambda m, x: m.select([x > 1, x > 0], [x * x, 3 * x], 0.0), **NO),
    Row("interp", lambda m, x: m.interp(x, np.linspace(-2, 3, 6), np.cos(np.arange(6.0))), **NO,
        autograd=ABSENT),
    Row("convolve", lambda m, x: m.convolve(x, K), "vector", **NO, autograd=ABSENT),
    Row("correlate", lambda m, x: m.correlate(x, K, mode="full"), "vector", **NO,
        autograd=ABSENT),
    # --- linear algebra ---
    Row("matmul", lambda m, x: m.matmul(x, c(m, W))),
    Row("matmul stack", lambda m, x: x @ c(m, W), "stack"),
    Row("dot", lambda m, x: m.dot(x, c(m, SAMPLES["vector"])), "vector"),
    Row("vdot", lambda m, x: m.vdot(x, x), "vector", autograd=ABSENT),
    Row("inner", lambda m, x: m.inner(x, c(m, Y))),
    Row("outer", lambda m, x: m.outer(x, x), "vector"),
    Row("kron", lambda m, x: m.kron(x, c(m, W)) + m.kron(c(m, W), x).mean()),
    Row("cross", lambda m, x: m.cross(x, c(m, Y)), torch=lambda m, x: m.cross(x, c(m, Y), dim=1)),
    Row("tensordot", lambda m, x: m.tensordot(x, c(m, W), axes=([1], [0])), "cube",
        torch=lambda m, x: m.tensordot(x, c(m, W), dims=([1], [0]))),
    Row("einsum", lambda m, x: m.einsum("ij,jk,il->kl", x, c(m, W), x)),
    Row("einsum trace", lambda m, x: m.einsum("...ii->...", x), "stack", autograd=ABSENT),
    Row("inv", lambda m, x: m.linalg.inv(x), "stack"),
    Row("det", lambda m, x: m.linalg.det(x), "stack"),
    Row("slogdet", lambda m, x: m.linalg.slogdet(x)[1], "stack"),
    Row("solve", lambda m, x: m.linalg.solve(x, c(m, W)), "square"),
    Row("solve stack", lambda m, x: m.linalg.solve(x, c(m, W)), "stack"),
    Row("pinv", lambda m, x: m.linalg.pinv(x)),
    Row("matrix_power", lambda m, x: m.linalg.matrix_power(x, 3), "square", autograd=ABSENT),
    Row("multi_dot", lambda m, x: m.linalg.multi_dot([x, c(m, S), x.T])),
    Row("cholesky", lambda m, x: m.linalg.cholesky(x @ x.T + c(m, np.eye(3))), "square"),
    Row("eigh values", lambda m, x: m.linalg.eigh(x + x.T)[0], "square"),
    Row("eigh projectors", lambda m, x: m.linalg.eigh(x + x.T)[1] ** 2, "square"),
    Row("eigvalsh", lambda m, x: m.linalg.eigvalsh(x + x.T), "square", autograd=ABSENT),
    Row("svd values", lambda m, x: m.linalg.svd(x, full_matrices=False)[1]),
    Row("svd projectors", lambda m, x: m.linalg.svd(x, full_matrices=False)[0] ** 2),
    Row("qr", lambda m, x: m.linalg.qr(x)[1] ** 2 + m.linalg.qr(x)[0] ** 2, "square",
        autograd=ABSENT),
    *[Row(f"norm {o}", lambda m, x, o=o: m.linalg.norm(x, ord=o))
      for o in (None, "fro", "nuc")],
    *[Row(f"norm {o}", lambda m, x, o=o: m.linalg.norm(x, ord=o), autograd=ABSENT)
      for o in (2, -2, 1, np.inf)],
    *[Row(f"vector norm {o}", lambda m, x, o=o: m.linalg.norm(x, ord=o, axis=1),
          torch=lambda m, x, o=o: m.linalg.norm(x, ord=o, dim=1),
          autograd={1: ABSENT, np.inf: "gives nan"}.get(o))
      for o in (1, 2, 3, 1.5, np.inf)],
    Row("norm axes", lambda m, x: m.linalg.norm(x, axis=(0, 2)), "cube",
        torch=lambda m, x: m.linalg.norm(x, dim=(0, 2))),
    Row("lstsq", lambda m, x: m.linalg.lstsq(x, c(m, Y[:, 0]))[0], autograd=ABSENT),
    Row("tensorinv", lambda m, x: m.linalg.tensorinv(x.reshape(3, 3, 1), 1), "square",
        autograd=ABSENT),
    Row("tensorsolve", lambda m, x: m.linalg.tensorsolve(x, c(m, V)), "square", autograd=ABSENT),
]  # fmt: skip
assert len({row.name for row in ROWS}) == len(ROWS)


def weights(shape: tuple[int, ...]) -> Any:
    """Give one weight per output element, without symmetries."""
    return np.cos(1.7 * np.arange(1, int(np.prod(shape)) + 1)).reshape(shape)


def ours(row: Row) -> tuple[float, Any]:
    """Value and gradient of the weighted sum of the outputs, from this library."""

    def loss(x: Any) -> Any:
        y = row.f(np, x)
        return np.sum(y * weights(np.shape(y)))

    value, g = value_and_grad(loss)(SAMPLES[row.sample])
    return value, g


def compare(row: Row, value: Any, g: Any) -> None:
    """Assert that a peer's value and gradient are ours."""
    expected, expected_g = ours(row)
    for what, a, b in (("value", expected, value), ("gradient", expected_g, g)):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape, what
        assert a.dtype == b.dtype == np.float64
        scale = max(1.0, float(np.abs(b).max()))
        np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE * scale, err_msg=what)


def chosen(row: Row, peer: str) -> F:
    """Give the peer's spelling of a row, or skip."""
    said = getattr(row, peer)
    if isinstance(said, str):
        pytest.skip(f"{peer}: {said}")
    return said or row.f


each_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


@each_row
def test_torch(row: Row) -> None:
    torch = pytest.importorskip("torch")
    f = chosen(row, "torch")
    x = torch.tensor(SAMPLES[row.sample], dtype=torch.float64, requires_grad=True)
    y = f(torch, x)
    loss = torch.sum(y * torch.tensor(weights(tuple(y.shape))))
    (g,) = torch.autograd.grad(loss, x, allow_unused=True)
    compare(row, loss.detach().numpy(), g.detach().numpy())


@each_row
def test_jax(row: Row) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    f = chosen(row, "jax")

    def loss(x: Any) -> Any:
        y = f(jax.numpy, x)
        return jax.numpy.sum(y * weights(y.shape))

    value, g = jax.value_and_grad(loss)(jax.numpy.asarray(SAMPLES[row.sample]))
    compare(row, value, g)


@each_row
def test_autograd(row: Row) -> None:
    autograd = pytest.importorskip("autograd")
    f = chosen(row, "autograd")

    def loss(x: Any) -> Any:
        y = f(autograd.numpy, x)
        return autograd.numpy.sum(y * weights(np.shape(y)))

    value, g = autograd.value_and_grad(loss)(SAMPLES[row.sample])
    compare(row, value, g)
