"""Arguments and gradients as trees, of arrays of any library."""

from __future__ import annotations

from collections import namedtuple
from types import SimpleNamespace
from typing import Any

import numpy as np
import optree
import pytest

from microgradnet import Value
from microgradnet.errors import DTypeError, NotDifferentiableError
from microgradnet.testing import arguments, gradcheck
from microgradnet.testing.arguments import Arguments, plain, spacing

X = np.array([0.3, -1.2, 2.5])
Pair = namedtuple("Pair", "w b")


# --- gradients keep to the structure of their arguments -------------------------------------------


def parts(arg: Any, reported: Any) -> list[Any]:
    return Arguments(lambda p: 0.0, (arg,), None, None).parts(reported)


@pytest.mark.parametrize(
    ("arg", "reported", "expected"),
    [
        ({"w": 1.0, "b": 2.0}, {"b": 20.0, "w": 10.0}, [20.0, 10.0]),  # as optree sorts them
        ({"a": 1.0, "b": None, "c": 2.0}, {"a": 10.0, "b": None, "c": None}, [10.0, None]),
        ({"w": [1.0, 2.0]}, {"w": np.array([10.0, 20.0])}, [10.0, 20.0]),
        ([1.0, 2.0], (10.0, 20.0), [10.0, 20.0]),
        ([1.0, 2.0], np.array([10.0, 20.0]), [10.0, 20.0]),
        (Pair(1.0, 2.0), Pair(10.0, 20.0), [10.0, 20.0]),
        (Pair(1.0, 2.0), (10.0, 20.0), [10.0, 20.0]),
        ([[1.0], [2.0]], np.array([[10.0], [20.0]]), [10.0, 20.0]),
    ],
)
def test_a_gradient_has_its_arguments_structure(arg: Any, reported: Any, expected: Any) -> None:
    assert parts(arg, reported) == expected


@pytest.mark.parametrize(
    ("arg", "reported", "said"),
    [
        ({"a": 1.0, "b": 2.0}, {"a": 1.0, "c": 2.0}, "p came as a dict with the keys 'a', 'c'; "),
        ({"a": 1.0, "b": 2.0}, (1.0, 2.0), "a tuple of 2; expected a dict with the keys 'a', 'b'"),
        ({"a": 1.0}, {}, "a dict with the keys none"),
        (
            {"a": [1.0, 2.0]},
            {"a": [1.0]},
            r"p\['a'\] came as a list of 1; expected a list of 2",
        ),
        ([(1.0, 2.0)], [np.ones(3)], r"p\[0\] came as an array of shape \(3,\); expected a tuple"),
        ([1.0, 2.0], 3.0, "p came as a float; expected a list of 2"),
    ],
)
def test_another_structure_is_named(arg: Any, reported: Any, said: str) -> None:
    with pytest.raises(DTypeError, match=said):
        parts(arg, reported)


class Box:
    """A user's own container."""

    def __init__(self, x: Any) -> None:
        self.x = x


optree.register_pytree_node(
    Box, lambda b: ((b.x,), None, ("x",)), lambda _, c: Box(c[0]), namespace="test_arguments"
)


def test_a_users_own_container_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    flatten = optree.tree_flatten
    monkeypatch.setattr(
        arguments.optree, "tree_flatten", lambda tree: flatten(tree, namespace="test_arguments")
    )
    assert parts(Box(1.0), Box(10.0)) == [10.0]
    with pytest.raises(DTypeError, match="expected the argument's own structure, Box"):
        parts(Box(1.0), [10.0])


# --- what the arguments may be --------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("kind", [np.ma.array, np.matrix])
def test_arrays_that_compute_otherwise_are_refused(kind: Any) -> None:
    with pytest.raises(DTypeError, match="got a ma"):
        gradcheck(lambda x: np.sum(x * x), kind([[1.0, 2.0]]))


@pytest.mark.parametrize(
    ("argnums", "said"), [((), "got none"), (1, "in argnums holds floats.*got 2")]
)
def test_what_argnums_leave_out_is_not_offered(argnums: Any, said: str) -> None:
    with pytest.raises(NotDifferentiableError, match=said):
        gradcheck(lambda x, n: x * n, 1.0, 2, argnums=argnums)


class Tensor:
    """What of another library's array is asked for here."""

    def __init__(self, data: Any, dtype: Any = None, requires_grad: bool = False) -> None:
        self.data, self.dtype, self.requires_grad = data, dtype, requires_grad

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def requires_grad_(self) -> Tensor:
        return Tensor(self.data, requires_grad=True)

    def float(self) -> Any:
        return np.float32(self.data)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.dtype == "bfloat16":
            raise TypeError("NumPy has no bfloat16")
        if self.data.dtype.kind == "O":
            raise TypeError("it takes no objects")
        return self.data

    def sum_of_squares(self) -> Tensor:
        return Tensor(np.array(np.sum(self.data * self.data)))


class Library:
    """And of its namespace."""

    @staticmethod
    def asarray(x: Any, device: Any) -> Tensor:
        if x.dtype not in (np.float64, np.float32):
            raise TypeError(x.dtype)
        return Tensor(x)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    compat = arguments.array_api_compat
    known = compat.is_array_api_obj
    monkeypatch.setattr(compat, "is_array_api_obj", lambda x: isinstance(x, Tensor) or known(x))
    monkeypatch.setattr(compat, "array_namespace", lambda x: Library)
    monkeypatch.setattr(compat, "device", lambda x: "cpu")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_another_librarys_arrays_are_handed_out_as_they_came(dtype: Any) -> None:
    x = Tensor(X.astype(dtype), requires_grad=True)
    seen: set[tuple[type, bool]] = set()

    def f(x: Any) -> Any:
        seen.add((type(x), x.requires_grad))
        return x.sum_of_squares()

    assert gradcheck(f, x, grad=lambda x: Tensor(2 * x.data)).passed
    report = gradcheck(f, x, grad=lambda x: Tensor(2.02 * x.data))
    assert [e.verdict for e in report.rows] == ["wrong"] * 3
    assert seen == {(Tensor, True)}
    with pytest.raises(NotDifferentiableError, match="expected grad=, their gradient"):
        gradcheck(f, x)


@pytest.mark.usefixtures("library")
def test_other_librarys_numbers_that_are_not_floating_are_passed_on() -> None:
    n = Tensor(np.array([1, 2]))
    arguments = Arguments(lambda x, n: 0.0, (X, n), None, None)
    assert arguments.constant == ["n"] and arguments.filled([X])[1] is n


class Away:
    """A tensor that NumPy can read only after all these steps, in this order."""

    steps = ("detach", "cpu", "to_dense", "resolve_neg")

    def __init__(self, taken: int = 0) -> None:
        self.taken = taken

    def __getattr__(self, name: str) -> Any:
        if name != self.steps[min(self.taken, 3)]:
            raise AttributeError(name)
        return lambda: Away(self.taken + 1)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        assert self.taken == len(self.steps)
        return np.array([1.0, 2.0])


def test_gradients_on_other_devices_sparse_or_tracked_are_brought_here() -> None:
    assert list(plain(Away())) == [1.0, 2.0]
    assert gradcheck(lambda x: x[0] + 2 * x[1], np.ones(2), grad=lambda x: Away()).passed


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_gradient_is_held_to_the_digits_of_its_own_dtype(dtype: Any) -> None:
    for factor, verdict in ((1.0, "passed"), (1.01, "wrong")):
        report = gradcheck(
            lambda x: np.sum(np.sin(x)), X, grad=lambda x, c=factor: (c * np.cos(x)).astype(dtype)
        )
        assert report.verdict == verdict


def test_plain_takes_dtypes_that_numpy_does_not_have() -> None:
    assert plain(Tensor(np.ones(2), dtype="bfloat16")).dtype == np.float32

    class Odd:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            raise TypeError("no array")

        get = numpy = float = __array__

    with pytest.raises(TypeError, match="no array"):
        plain(Odd())


class Elsewhere:
    """A gradient that another library keeps, and will not turn into NumPy's array by itself."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")


class Getting(Elsewhere):  # CuPy
    def get(self) -> Any:
        return self.data


class Giving(Elsewhere):  # TensorFlow
    def numpy(self) -> Any:
        return self.data


class Exchanging:  # anything
    def __init__(self, data: Any) -> None:
        self.data = data

    def __dlpack__(self, **options: Any) -> Any:
        return self.data.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.data.__dlpack_device__()


@pytest.mark.parametrize("kind", [Getting, Giving, Exchanging])
def test_gradients_are_read_by_whatever_protocol_they_have(kind: Any) -> None:
    for factor, verdict in ((1.0, "passed"), (1.01, "wrong")):
        report = gradcheck(
            lambda x: np.sum(np.sin(x)), X, grad=lambda x, c=factor: kind(c * np.cos(x))
        )
        assert report.verdict == verdict


class Eight:
    """A library of bfloat16: 16 bits, of which eight are digits."""

    @staticmethod
    def finfo(dtype: Any) -> Any:
        return SimpleNamespace(eps=2.0**-7)


class Brief(Elsewhere):
    dtype = "bfloat16"

    def __array_namespace__(self, api_version: Any = None) -> Any:
        return Eight

    def float(self) -> Any:
        mantissa, exponent = np.frexp(self.data)
        return np.float32(np.ldexp(np.round(mantissa * 2**8) / 2**8, exponent))


def test_a_gradient_of_eight_bits_is_judged_to_these_and_the_report_says_so() -> None:
    for factor, verdict in ((1.0, "passed"), (1.1, "wrong"), (-1.0, "wrong")):
        report = gradcheck(
            lambda x: np.sum(np.sin(x)), X, grad=lambda x, c=factor: Brief(c * np.cos(x))
        )
        assert report.verdict == verdict
        assert (
            "x: the gradient is of a dtype of few digits, and judged to 0.03 of it" in report.notes
        )


def test_the_spacing_of_numbers() -> None:
    assert spacing(np.ones(2, np.float16)) == 2.0**-10
    assert spacing(Brief(X)) == 2.0**-7
    assert spacing(1.5) == spacing(np.ones(2)) == spacing(Value(1.5)) == spacing(None) == 2.0**-52


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (lambda x: {"x": x}, "x: the gradient is a dict with the keys 'x'; expected floats"),
        (lambda x: [[1.0], 1.0, 2.0], "x: the gradient is a list of 3; expected floats"),
        (lambda x: [None, 1.0, 2.0], "x: the gradient is of dtype object; expected floats"),
        (lambda x: "nothing", "x: the gradient is of dtype <U7; expected floats"),
    ],
)
def test_what_is_no_array_of_floats_is_called_what_it_is(came: Any, said: str) -> None:
    report = gradcheck(lambda x: np.sum(x * x), X, grad=came)
    assert report.verdict == "wrong" and report.mistakes == [said]


def test_one_array_for_several_arguments_is_explained() -> None:
    report = gradcheck(lambda x, y: np.sum(x + y), X[:2], X[:2], grad=lambda x, y: x)
    assert "came as an array of shape (2,), whose rows were taken" in report.mistakes[-1]


def test_own_gradients_pass_on_what_is_no_float() -> None:
    def f(p: Any, x: Any) -> Any:
        assert p["name"] == "net" and type(p["n"]) is int
        return sum(np.sum(np.tanh(p["w"] * x)) for _ in range(p["n"]))

    report = gradcheck(f, {"w": X, "name": "net", "n": 2}, 0.5, order=2)
    assert report.passed
    assert report.notes[:2] == ["not checked: p['n']", "not checked: p['name']"]


@pytest.mark.parametrize("argnums", [2, -1, "x", 0.0, (0, 0)])
def test_argnums_that_are_none(argnums: Any) -> None:
    with pytest.raises(
        IndexError, match="expected whole numbers below 1, the arguments, each once"
    ):
        gradcheck(np.sum, X, argnums=argnums)
    assert gradcheck(np.sum, X, argnums=np.int64(0)).passed


def test_the_report_says_where_there_is_nothing_to_check() -> None:
    report = gradcheck(lambda x, y: np.sum(x) + y, X[:0], 2.0)
    assert report.passed and "x holds no numbers" in report.notes


# --- gradients as callables -----------------------------------------------------------------------


def test_a_gradient_that_changes_from_call_to_call_is_wrong() -> None:
    rng = np.random.default_rng(0)
    report = gradcheck(np.sum, X, grad=lambda a: 1 + 1e-6 * rng.normal(size=3))
    assert report.verdict == "wrong" and "when called again" in report.mistakes[0]
    assert gradcheck(np.sum, X, grad=lambda a: 1 + 1e-13 * rng.normal(size=3)).passed
    kept = np.zeros(3)

    def accumulated(a: Any) -> Any:
        kept[:] += 1.0
        return kept

    report = gradcheck(np.sum, X, grad=accumulated)
    assert "a[0]: the gradient was 1 and then, when called again, 2" in str(report)
    shapes = iter([(3,), (2,)])
    report = gradcheck(np.sum, X, grad=lambda a: np.ones(next(shapes)))
    assert "when called again, a: the gradient has shape (2,)" in str(report)


def test_a_number_that_changes_later_is_noticed() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(x)
        return x * (1.0 if len(calls) < 5 else 2.0)

    with pytest.raises(NotDifferentiableError, match="let it keep no state"):
        gradcheck(f, 3.0, grad=lambda x: 1.0)


@pytest.mark.parametrize(
    ("call", "note"),
    [
        (lambda: gradcheck(lambda x: x.no_such, X), "gradcheck was calling f(x: ndarray)"),
        (lambda: gradcheck(np.sin, 1.0, grad=lambda: 1.0), "gradcheck was calling grad(x: float)"),
        (lambda: gradcheck(float, 1.0), "microgradnet was differentiating f itself here"),
        (
            lambda: gradcheck(lambda x: float(x), 1.0, grad=lambda x: 1.0, order=2),
            "microgradnet was differentiating f itself here",
        ),
    ],
)
def test_an_error_of_somebodys_function_says_what_was_called(call: Any, note: str) -> None:
    with pytest.raises(Exception) as caught:
        call()
    (said,) = caught.value.__notes__
    assert said.startswith(note)


def test_no_slope_is_the_same_in_both_modes() -> None:
    report = gradcheck(np.sqrt, 0.0)
    assert [e.how for e in report.rows] == ["not finite"]
