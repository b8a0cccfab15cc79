"""Decompositions: PyTorch's figures, matrices without full rank, coinciding values, refusals.

The figures are those of PyTorch 2.13 in float64, for functions that do not depend on the signs
of vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jacobian, jvp
from microgradnet.errors import NotDifferentiableError, ShapeError

from ..pitfalls.helpers import (
    EPS,
    NUMERIC,
    ROUNDING,
    check_first_order,
    check_float32,
    check_loud,
    check_second_order,
    close,
    numeric_jacobian,
)

SYMMETRIC = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]])
TALL = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 2.0], [1.2, 0.3, 0.7], [-0.4, 0.9, 1.1]])
GENERAL = np.array([[2.0, 1.0, 0.0], [0.5, 3.0, -1.0], [0.2, 0.1, 5.0]])
W = np.array([[0.3, -0.7, 0.2], [0.5, 0.1, -0.4], [-0.6, 0.8, 0.9]])
W4 = np.vstack([W, [1.1, -0.2, 0.6]])
REPEATED = np.diag([1.0, 1.0, 3.0])


def symmetric(x: Any) -> Any:
    return 0.5 * (x + np.swapaxes(x, -1, -2))


def outer_of(v: Any, k: int) -> Any:
    return np.outer(v[:, k], v[:, k])


def of_eigh(a: Any) -> Any:
    w, v = np.linalg.eigh(a)
    return np.sum(W * outer_of(v, -1)) + 0.01 * np.sum(w**3)


def of_qr(a: Any) -> Any:
    q, r = np.linalg.qr(a)
    signs = np.sign(np.diagonal(r))
    return np.sum(W4 * (q * signs)) + np.sum(W * (signs[:, None] * r))


def of_eig(a: Any) -> Any:
    w, v = np.linalg.eig(a)
    k = np.argmax(w)
    return np.sum(W * outer_of(v, k)) + w[k] ** 2


def of_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.sum(W4 * np.outer(u[:, 0], vh[0])) + s**2 @ np.array([1.0, 2.0, 3.0])


# --- beside PyTorch ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (
            of_eigh,
            SYMMETRIC,
            [
                [0.55577070052686339, 0.18234074383250465, 0.09979021312534299],
                [0.18234074383250465, 0.25917446688971146, -0.01253107816552311],
                [0.09979021312534297, -0.01253107816552310, 0.13245483258342500],
            ],
        ),
        (
            lambda a: np.sum(W * np.linalg.cholesky(a)),
            SYMMETRIC,
            [
                [0.08904090791791670, 0.07422032785729714, -0.26076791905792795],
                [0.07422032785729715, 0.06321846097938601, 0.27980045518285079],
                [-0.26076791905792795, 0.27980045518285079, 0.32654244209772193],
            ],
        ),
        (
            of_qr,
            TALL,
            [
                [-0.18338401440498089, -0.63988881686902399, -0.39955262237472555],
                [1.43523054721524113, -0.54332889441448506, 0.52780131496266403],
                [-0.09990336131042879, -0.13483112093244201, 0.59201453912968272],
                [-0.23027766213474690, 0.27096350483548060, 0.59281655434885761],
            ],
        ),
        (
            of_svd,
            TALL,
            [
                [3.88848899700864514, 4.36757565609688925, -1.21309932276425902],
                [2.79779713159921428, -2.66055139874610536, 4.70774513838578645],
                [5.49382300329919460, 0.91642551904041958, 2.27559169067825273],
                [-3.44126523261564365, 4.81335274578314465, 5.47885758531354394],
            ],
        ),
        (
            of_eig,
            GENERAL,
            [
                [-0.18896311678530023, -0.54844090105519683, 0.94885601598866243],
                [-0.28679392455868752, -0.83238211285874886, 1.44010188493926439],
                [-2.15599712989897263, -6.25750161571315999, 10.82608543911396204],
            ],
        ),
    ],
)
def test_beside_pytorch(f: Callable[[Any], Any], x: Any, expected: Any) -> None:
    check_first_order(f, x, expected, numeric=f in (of_qr, of_svd, of_eig))
    check_second_order(lambda a: f(symmetric(a)) if x is SYMMETRIC else f(a), x)


@pytest.mark.parametrize("results", [
    lambda a: np.linalg.cholesky(symmetric(a)), np.linalg.cholesky, lambda a: np.linalg.qr(a).R,
    lambda a: np.linalg.eigh(a)[1], lambda a: np.linalg.svd(a)[0], np.linalg.eigvals,
])  # fmt: skip
def test_float32(results: Callable[[Any], Any]) -> None:
    check_float32(results, SYMMETRIC)


# --- ranks and shapes -------------------------------------------------------------------------


def test_cholesky_of_a_stack_and_of_its_symmetric_part() -> None:
    stack = np.stack([SYMMETRIC, np.diag([1.0, 4.0, 9.0])])
    check_first_order(lambda a: np.linalg.cholesky(symmetric(a)), stack)
    check_first_order(lambda a: np.linalg.cholesky(symmetric(a), upper=True), stack)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(Value(-SYMMETRIC))


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (2, 4, 2), (0, 2, 2), (2, 3, 0), (0, 3)])
def test_qr_of_every_shape(shape: tuple[int, ...]) -> None:
    x = np.cos(np.arange(1.0, np.prod(shape) + 1) ** 2).reshape(shape)
    check_first_order(lambda a: np.linalg.qr(a).Q, x)
    check_first_order(lambda a: np.linalg.qr(a, mode="r"), x)


@pytest.mark.parametrize(
    "x",
    [
        np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 1.0], [3.0, 6.0, 2.0]]),  # a column twice another
        np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 5.0], [3.0, 6.0, 9.0]]),  # the last, the first two's
        np.array([[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]),
        np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 1.0]]),
        np.zeros((2, 2)),
    ],
)
def test_qr_without_full_rank_has_no_derivative(x: Any) -> None:
    # The direction of a column that depends on those before it is whatever rounding makes it.
    for f in (lambda a: np.linalg.qr(a).Q, lambda a: np.linalg.qr(a).R):
        for mode in ("forward", "reverse"):
            j = jacobian(f, mode=mode)(x)
            assert np.isnan(j).any()
        assert np.isnan(jvp(f, (x,), (np.ones_like(x),))[1]).any()
    pair = np.stack([x, np.eye(*x.shape)])
    expected = jacobian(lambda a: np.linalg.qr(a).R)(pair[1])
    j = jacobian(lambda a: np.linalg.qr(a).R[1])(pair)
    close(j[:, :, 1], expected, ROUNDING, "the other matrix of a stack")


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (0, 0), (2, 0, 0)])
def test_svd_puts_itself_together_again(shape: tuple[int, ...], full: bool) -> None:
    x = np.cos(np.arange(1.0, np.prod(shape) + 1) ** 2).reshape(shape)

    def again(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a, full_matrices=full)
        return (u * s[..., None, :]) @ vh

    check_first_order(again, x, np.eye(x.size).reshape(shape + shape))


@pytest.mark.parametrize("x", [TALL, TALL.T], ids=["tall", "wide"])
def test_the_full_svd_of_an_oblong_matrix(x: Any) -> None:
    u, s, vh = np.linalg.svd(Value(x))
    # LAPACK takes another way to the full matrices, and its last bits vary with where an array
    # lies in memory: vectors are known to eps |A| / (the least gap between singular values).
    values = np.append(np.linalg.svdvals(x), 0.0)
    known = 8 * EPS * values[0] / -np.diff(values).max()
    for got, expected in zip((u, s, vh), np.linalg.svd(x), strict=True):
        np.testing.assert_allclose(got.data, expected, rtol=0, atol=known)
    check_first_order(lambda a: np.linalg.svd(a).S, x)
    for f in (np.linalg.svd, lambda a: [np.linalg.svd(a)[0], np.linalg.svd(a)[2]]):
        with pytest.raises(NotDifferentiableError, match="write full_matrices=False"):
            jacobian(lambda a, f=f: f(a), mode="reverse")(x)
        with pytest.raises(NotDifferentiableError, match="write full_matrices=False"):
            jvp(lambda a, f=f: f(a), (x,), (x,))


def test_singular_values_at_zero_choose_zero() -> None:
    u, s, vh = np.linalg.svd(TALL, full_matrices=False)
    x = (u * np.array([2.0, 1.0, 0.0])) @ vh
    expected = np.outer(u[:, 0], vh[0]) + np.outer(u[:, 1], vh[1])
    check_first_order(lambda a: np.sum(np.linalg.svdvals(a)), x, expected, numeric=False)
    assert len(s) == 3


# --- coinciding values ------------------------------------------------------------------------


def test_values_that_coincide_have_a_derivative_together() -> None:
    # The sum of cubes is a polynomial in the matrix: 3 A**2 for eigenvalues.
    for values in (np.linalg.eigvalsh, np.linalg.eigvals, np.linalg.svdvals):
        check_first_order(lambda a, f=values: np.sum(f(a) ** 3), REPEATED, 3 * REPEATED**2)


def vectors(function: Callable[[Any], Any], result: int) -> Callable[[Any], Any]:
    return lambda a: function(a)[result]


@pytest.mark.parametrize(
    ("f", "lost", "top"),
    [
        (vectors(np.linalg.eigh, 1), np.s_[:, :2], np.s_[:, 2]),
        (vectors(np.linalg.eig, 1), np.s_[:, :2], np.s_[:, 2]),
        (vectors(np.linalg.svd, 0), np.s_[:, 1:], np.s_[:, 0]),
        (vectors(np.linalg.svd, 2), np.s_[1:], np.s_[0]),
    ],
)
def test_vectors_of_equal_values_have_none(f: Any, lost: Any, top: Any) -> None:
    # Not even elements that would turn about a stationary point: which point is anybody's choice.
    for mode in ("forward", "reverse"):
        j = jacobian(f, mode=mode)(REPEATED)
        assert np.isnan(j[lost]).all()
        assert np.isfinite(j[top]).all()


def test_dependent_eigenvectors_are_named() -> None:
    # Of [[0, 1e300], [0, 0]] both are [1, 0], to the last place.
    for f in (np.linalg.eigvals, vectors(np.linalg.eig, 1)):
        with pytest.raises(NotDifferentiableError, match="eigenvectors depend on each other"):
            jacobian(f, mode="reverse")(np.array([[0.0, 1e300], [0.0, 0.0]]))


@pytest.mark.parametrize("f", [np.linalg.eigh, np.linalg.eig])
def test_the_top_eigenvector_above_equal_values(f: Any) -> None:
    # v' = sum_i v_i v_i' dA v / (3 - 1) for both i below: their basis does not matter.
    def top(a: Any) -> Any:
        w, v = f(symmetric(a))
        k = np.argmax(w)
        return v[:, k] * np.sign(v[2, k])

    expected = np.zeros((3, 3, 3))
    expected[0, 0, 2] = expected[0, 2, 0] = expected[1, 1, 2] = expected[1, 2, 1] = 0.25
    check_first_order(top, REPEATED, expected)


def test_the_nearest_rotation_does_not_depend_on_equal_values() -> None:
    # At a rotation R all singular values are 1, and U V' moves by R (B - B') / 2, B = R' dA.
    def polar(a: Any) -> Any:
        u, _, vh = np.linalg.svd(a)
        return u @ vh

    expected = 0.5 * np.array([[0, 0, 0, 0], [0, 1, -1, 0], [0, -1, 1, 0], [0, 0, 0, 0.0]])
    j = jacobian(polar, mode="reverse")(np.eye(2)).reshape(4, 4)
    close(j, expected, ROUNDING, "at the identity")
    x = np.array([[1.0, 0.2], [-0.3, 1.4]])
    check_first_order(polar, x)
    check_second_order(lambda a: np.sum(W[:2, :2] * polar(a)), x)


def test_vectors_at_equal_values_are_loud_in_second_order() -> None:
    m = np.array([[1.0, 2.0], [2.0, -1.0]])
    check_loud(lambda t: np.linalg.eigh(t * m + np.eye(2))[1][0, 0], 0.0)
    check_loud(lambda t: np.linalg.svd(t * m + np.eye(2))[0][0, 0], 0.0)
    check_loud(lambda t: np.linalg.eigvalsh(t * m + np.eye(2))[0], 0.0, truth=0.0)


# --- general matrices -------------------------------------------------------------------------


def test_eigenvalues_that_numpy_gives_as_complex(monkeypatch: pytest.MonkeyPatch) -> None:
    # From NumPy 2.5 on eig gives complex numbers whatever the matrix.
    w, v = np.linalg.eig(GENERAL)
    result = type(np.linalg.eig(GENERAL))
    expected = grad(of_eig)(GENERAL)
    evaluate = np.linalg.eig
    monkeypatch.setattr(
        np.linalg,
        "eig",
        lambda x: evaluate(x) if isinstance(x, Value) else result(w.real + 0j, v.real + 0j),
    )
    z = np.linalg.eig(Value(GENERAL))
    np.testing.assert_array_equal(z.eigenvalues.data, w.real)
    np.testing.assert_array_equal(z.eigenvectors.data, v.real)
    close(grad(of_eig)(GENERAL), expected, ROUNDING, "gradient")


def test_complex_eigenvalues_are_refused() -> None:
    rotation = np.array([[0.0, 1.0], [-1.0, 0.0]])
    for f in (np.linalg.eig, np.linalg.eigvals):
        with pytest.raises(NotDifferentiableError, match="complex eigenvalues.*write eigh"):
            f(Value(rotation))


def test_eigenvalues_of_a_triangular_matrix() -> None:
    # They are its diagonal; below it the derivative is that of a perturbed eigenvalue.
    x = np.triu(GENERAL)

    def ascending(a: Any) -> Any:
        return np.sort(np.linalg.eigvals(a))

    j = jacobian(ascending)(x)
    close(np.einsum("kii->ki", j), np.eye(3), ROUNDING, "on the diagonal")
    close(j, numeric_jacobian(ascending, x), NUMERIC, "beside differences")


# --- what is refused --------------------------------------------------------------------------


def test_what_is_refused() -> None:
    v = Value(TALL)
    with pytest.raises(NotDifferentiableError, match="qr with mode='raw'"):
        np.linalg.qr(v, mode="raw")
    with pytest.raises(NotDifferentiableError, match='write mode="reduced"'):
        np.linalg.qr(v, mode="complete")
    with pytest.raises(NotDifferentiableError, match=r"svd\(hermitian=True\)"):
        np.linalg.svd(v, hermitian=True)
    with pytest.raises(ShapeError, match=r"svdvals of shape \(3,\)"):
        np.linalg.svdvals(v[0])
    for f in (np.linalg.qr, np.linalg.eigh, np.linalg.svd, np.linalg.cholesky):
        with pytest.raises(np.linalg.LinAlgError):
            f(v[0])
