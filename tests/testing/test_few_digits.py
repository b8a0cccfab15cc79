"""Code that computes with few digits: float32 that loses them, bfloat16 inside, steps."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from microgradnet import grad
from microgradnet.testing import gradcheck

V = np.array([0.5, -1.3, 0.8, 0.2])
A = np.array([[0.3, -1.2, 0.5], [0.9, 0.1, -0.7]])


def total(f: Any) -> Any:
    return lambda x: np.sum(f(x))


def only32(f: Any) -> Any:
    """The function as code that takes float32 and nothing else."""

    def g(x: Any) -> Any:
        if not (type(x) is np.ndarray and x.dtype == np.float32):
            raise TypeError(type(x))
        return f(x)

    return g


# --- gradients that lose their digits in float32 --------------------------------------------------

LOSING: list[tuple[Any, Any]] = [
    (total(lambda x: (1 - np.cos(x)) / x**2), [1e-2, 3e-2, 0.5]),
    (total(lambda x: (np.exp(x) - 1) / x), [1e-3, 1e-2, 0.5]),
    (total(lambda x: np.sin(x) / x), [1e-3, 0.1, 2.0]),
    (total(np.tanh), [4.0, -6.0, 8.0]),
    (lambda x: np.mean(x * x) - np.mean(x) ** 2, V + 300),
    (lambda x: np.sqrt(x[0]) - np.sqrt(x[1]), [5.0, 4.99]),
]


@pytest.mark.parametrize(("f", "x"), LOSING)
def test_what_float32_loses_is_no_mistake(f: Any, x: Any) -> None:
    x = np.array(x, np.float32)
    assert gradcheck(f, x, grad=grad(f)).passed
    for c in (-1, 0.5, 1.01):
        assert (
            gradcheck(f, x, grad=lambda x, c=c: np.float64(c).astype(x.dtype) * grad(f)(x)).verdict
            == "wrong"
        )


def test_the_report_says_whose_digits_are_lost() -> None:
    f, x = LOSING[0]
    report = gradcheck(f, np.array(x, np.float32), grad=grad(f))
    assert "x[0] is -0.0183 in float32, beside -0.000833 in float64: roundoff" in str(report)


def test_where_float32_leaves_nothing_nobody_can_tell() -> None:
    f = total(lambda x: np.expm1(x) / x)
    report = gradcheck(f, np.array([1e-8, 0.5], np.float32), grad=grad(f))
    assert report.verdict == "inconclusive" and "may be its own roundoff" in str(report)


def test_a_mistake_in_float32_alone_is_found_where_the_gradient_is_quiet() -> None:
    def g(x: Any, c: float) -> Any:
        return np.cos(x) if x.dtype == np.float64 else np.float32(c) * np.cos(x)

    for c, verdict in ((1.0, "passed"), (1.01, "wrong"), (-1.0, "wrong")):
        report = gradcheck(total(np.sin), V.astype(np.float32), grad=functools.partial(g, c=c))
        assert report.verdict == verdict


def ten_bits(x: Any) -> Any:
    """Round as TensorFloat-32 does."""
    if x.dtype != np.float32:
        return x
    return ((x.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)


@pytest.mark.parametrize("c", [1, -1, 1.02])
def test_tensorfloat_32(c: float) -> None:
    def product(a: Any, b: Any) -> Any:
        return ten_bits(np.ascontiguousarray(a)) @ ten_bits(np.ascontiguousarray(b))

    def f(a: Any) -> Any:
        return np.sum(product(a, A.T.astype(a.dtype)) ** 2)

    def g(a: Any) -> Any:
        b = A.T.astype(a.dtype)
        return a.dtype.type(2 * c) * product(product(a, b), b.T)

    report = gradcheck(f, A.astype(np.float32) + 1, grad=g)
    assert report.verdict == ("passed" if c == 1 else "wrong")


@pytest.mark.parametrize("c", [-1, 0.5, 2])
def test_bends_amid_noise_are_no_kinks(c: float) -> None:
    f, x = only32(lambda x: np.mean(x * x) - np.mean(x) ** 2), np.float32(V + 300)
    report = gradcheck(f, x, grad=lambda x: np.float32(c) * 2 * (x - np.mean(x)) / 4)
    assert report.verdict == "wrong"


# --- functions that compute with fewer still ------------------------------------------------------


def half(x: Any) -> Any:
    return np.float64(np.float16(x))


def eight_bits(x: Any) -> Any:
    """Round as bfloat16 does."""
    mantissa, exponent = np.frexp(x)
    return np.ldexp(np.round(mantissa * 2**8) / 2**8, exponent)


@pytest.mark.parametrize(("few", "found"), [(half, "passed"), (eight_bits, "inconclusive")])
@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (lambda x, few: float(np.sum(few(few(x) ** 2))), lambda x: 2 * x, V),
        (lambda x, few: float(few(np.sin(few(x)))), np.cos, 0.7),
        (lambda x, few: float(np.sum(few(np.tanh(x)))), lambda x: 1 - np.tanh(x) ** 2, V),
    ],
)
def test_a_function_of_few_digits_proves_no_slope_wrong_that_it_may_have(
    f: Any, slope: Any, x: Any, few: Any, found: str
) -> None:
    seen = functools.partial(f, few=few)
    for c, verdict in ((1, found), (-1, "wrong")):
        report = gradcheck(seen, x, grad=lambda x, c=c: c * slope(x))
        assert report.verdict == verdict
    # Ten bits show a slope to a hundredth where it is fitted to many values; eight do not.
    right = str(gradcheck(seen, x, grad=slope))
    assert ("the function computes with few digits" in right) == (found == "inconclusive")


@pytest.mark.parametrize(
    ("x", "slope", "verdict"),
    [
        (1.5, 0.0, "passed"),
        (1000.5, 0.0, "passed"),
        (1.5, 1.0, "wrong"),
        (1000.5, 1.0, "inconclusive"),  # as numbers of ten bits they would be right
        (1000.5, -1.0, "wrong"),
    ],
)
def test_steps(x: float, slope: float, verdict: str) -> None:
    assert gradcheck(lambda x: np.floor(x), x, grad=lambda x: slope).verdict == verdict
