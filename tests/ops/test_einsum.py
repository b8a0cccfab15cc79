"""Einsum beside the sum it abbreviates, in every form; what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, jacobian, vjp
from microgradnet.errors import ShapeError
from microgradnet.ops.einsum import expanded

from ..pitfalls.helpers import (
    ROUNDING,
    check_first_order,
    check_float32,
    check_second_order,
    close,
    dense,
)

SIZES = {"a": 2, "b": 3, "c": 1, "d": 2}


def spelled_out(terms: list[str], output: str, xs: list[Any]) -> Any:
    """Sum by plain loops over all labels; an axis of length 1 goes with any label's."""
    labels = sorted(set("".join(terms)))
    total = np.zeros([SIZES[c] for c in output])
    for index in itertools.product(*(range(SIZES[c]) for c in labels)):
        at = dict(zip(labels, index, strict=True))
        product = 1.0
        for term, x in zip(terms, xs, strict=True):
            where = tuple(min(at[c], n - 1) for c, n in zip(term, x.shape, strict=True))
            product *= x[where]
        total[tuple(at[c] for c in output)] += product
    return total


@st.composite
def sums(draw: st.DrawFn) -> tuple[list[str], str, list[Any]]:
    terms = draw(st.lists(st.text("abcd", max_size=3), min_size=1, max_size=3))
    used = sorted(set("".join(terms)))
    output = "".join(draw(st.permutations(used))[: draw(st.integers(0, len(used)))])
    xs = [dense((*(SIZES[c] for c in term), 1))[..., 0] + k for k, term in enumerate(terms)]
    return terms, output, xs


@given(sums(), st.booleans())
def test_any_sum_of_products(drawn: tuple[list[str], str, list[Any]], optimize: bool) -> None:
    # Linear in each operand: its derivative along an operand's basis is the sum of that basis.
    terms, output, xs = drawn
    subscripts = f"{','.join(terms)}->{output}"

    def f(*xs: Any) -> Any:
        return np.einsum(subscripts, *xs, optimize=optimize)

    out, pull = vjp(f, *xs)
    expected = spelled_out(terms, output, xs)
    close(out, expected, ROUNDING, "value")
    w = dense(expected.shape)
    for i, (g, x) in enumerate(zip(pull(w), xs, strict=True)):
        slopes = np.zeros(x.shape)
        for k in np.ndindex(x.shape):
            unit = np.zeros(x.shape)
            unit[k] = 1.0
            slopes[k] = np.sum(w * spelled_out(terms, output, [*xs[:i], unit, *xs[i + 1 :]]))
        close(g, slopes, ROUNDING, f"cotangent of operand {i} of {subscripts}")
        forward = jacobian(f, i, mode="forward")(*xs)
        close(np.tensordot(w, forward, len(output)), slopes, ROUNDING, f"tangents of {i}")


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ii", [(3, 3)]),
        ("iii->i", [(2, 2, 2)]),
        ("iijj->ij", [(2, 2, 3, 3)]),
        ("ii,i->i", [(3, 3), (3,)]),
        ("ii,ii->", [(2, 2), (2, 2)]),
        ("iij,jji->ij", [(2, 2, 3), (3, 3, 2)]),
        ("ij,ij->ij", [(1, 3), (2, 1)]),
        ("ij,jk->ik", [(2, 1), (3, 2)]),
        ("...i,i...->...", [(2, 3), (3, 1)]),
        ("...,...->...", [(2, 1, 3), (4, 1)]),
        ("a...b,...b->a...", [(2, 4, 1, 3), (2, 3)]),
        ("...ii->...", [(2, 3, 3)]),
        ("...ii->...i", [(2, 3, 3)]),
        ("...,...i,i", [(), (2, 3), (3,)]),
        ("...a,...a,...a->...", [(3,), (2, 1), (1, 2, 3)]),
        ("i...,...j->j...i", [(2, 1), (3, 2)]),
    ],
)
def test_repeated_labels_and_ellipses(subscripts: str, shapes: list[tuple[int, ...]]) -> None:
    xs = [dense((*s, 1))[..., 0] for s in shapes]
    for i, x in enumerate(xs):

        def f(x: Any, i: int = i) -> Any:
            others = [y.astype(x.dtype) for y in xs]
            return np.einsum(subscripts, *others[:i], x, *others[i + 1 :])

        check_first_order(f, x)
        check_float32(f, x)
    check_second_order(lambda x: np.sum(np.sin(np.einsum(subscripts, x, *xs[1:]))), xs[0])


def test_an_operand_with_itself() -> None:
    x = dense((2, 3))
    close(grad(lambda x: np.einsum("ij,ij", x, x))(x), 2 * x, ROUNDING, "squares")
    check_first_order(lambda x: np.einsum("ij,kj->ik", x, x), x)
    check_second_order(lambda x: np.einsum("ij,kj,kl,il->", x, x, x, x, optimize=True), x)


@pytest.mark.parametrize(
    "optimize",
    [True, False, "greedy", "optimal", ("greedy", 100), ["einsum_path", (0, 1), (0, 1)]],
    ids=str,
)
def test_paths_change_no_derivative(optimize: Any) -> None:
    xs = dense((2, 3)), dense((3, 4)), dense((4, 2))
    a, b, c = xs
    for i, expected in enumerate([(b @ c).T, a.T @ c.T, (a @ b).T]):
        g = grad(lambda *xs: np.einsum("ij,jk,ki->", *xs, optimize=optimize), i)(*xs)
        close(g, expected, ROUNDING, f"trace of a product, operand {i}")
    pair = ["einsum_path", (0, 1)]
    g = grad(lambda a: np.einsum("ij,jk->", a, b, optimize=pair))(a)
    close(g, np.tile(b.sum(1), (2, 1)), ROUNDING, "a path for two operands")


def test_the_sublist_form_counts_labels_as_numpy_does() -> None:
    x, y = dense((2, 3)), dense((3, 2))
    check_first_order(lambda x: np.einsum(x, [0, 51], y, [51, 26], [26, 0]), x)
    expected = np.einsum("ia,jb->jiab", np.eye(2), np.eye(3))
    check_first_order(lambda x: np.einsum(x, [51, 0]), x, expected)
    check_first_order(lambda x: np.einsum(x, [Ellipsis, np.int8(3)], [Ellipsis]), x)
    for label in (52, -1):
        with pytest.raises(ShapeError, match=f"the label {label}; expected one from 0 to 51"):
            np.einsum(Value(x), [0, label])


def test_a_view_of_the_diagonal_is_not_written_through_in_silence() -> None:
    # NumPy's einsum of one operand without a sum is a view of it.
    x = Value(np.eye(2))
    d = np.einsum("ii->i", x)
    with pytest.raises(TypeError, match="view"):
        d[0] = 7.0
    assert x.data[0, 0] == 1.0


def test_empty_operands() -> None:
    check_first_order(lambda x: np.einsum("ij,jk->ik", x, np.ones((0, 2))), np.zeros((3, 0)))
    check_first_order(lambda x: np.einsum("i,j->", x, np.ones(0)), np.ones(2), np.zeros(2))
    check_first_order(lambda x: np.einsum("...i->...", x), np.zeros((0, 2)))
    check_first_order(lambda x: np.einsum("ii->i", x), np.zeros((0, 0)))


def test_what_numpy_refuses() -> None:
    v = Value(np.ones((2, 3)))
    for subscripts in ("ii", "ij->k", "ijk", "i,j", "ij->ii"):
        with pytest.raises(ValueError):
            np.einsum(subscripts, v)
    with pytest.raises(ShapeError, match=r"einsum of operands with shapes \(2, 3\), \(2, 3\)"):
        np.einsum("ij,jk", v, v)


def test_labels_are_written_out() -> None:
    terms, output = expanded("...ij,jk...", (3, 4))
    assert terms == ("Bij", "jkAB")
    assert output == "ABik"
    assert expanded("ba", (2,)) == (("ba",), "ab")


def test_what_has_no_labels_is_told_where_they_go() -> None:
    v = Value(np.eye(2))
    for operands in ((v,), (v, v), (v, [0, 1], v), (np.eye(2), v)):
        with pytest.raises(
            TypeError, match=r'einsum got a Value where labels.*np\.einsum\("ij,jk"'
        ):
            np.einsum(*operands)
