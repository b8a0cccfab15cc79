"""Nothing of NumPy falls through: a function works on Values, is plain, or says that it cannot.

"Plain" are functions whose results cannot move with their operands: integers, booleans,
shapes, text. A floating result that was silently cut off from the graph would be a wrong
gradient, so every public function of NumPy is called here.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad
from microgradnet.declare import ACCEPTED, CASES, NUMPY, check_keywords, positions
from microgradnet.errors import DetachedError, NotDifferentiableError, UnknownKeywordError
from microgradnet.graph import Primitive
from microgradnet.ops.plain import PLAIN

from ..checking import leaves
from .test_generated import title

# What the library promises to differentiate.
UFUNCS = """
    add subtract multiply divide true_divide negative positive power float_power remainder mod
    fmod floor_divide absolute abs fabs sign exp expm1 exp2 log log1p log2 log10 sqrt cbrt square
    reciprocal sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh
    hypot logaddexp logaddexp2 maximum minimum fmax fmin copysign heaviside deg2rad rad2deg
    degrees radians floor ceil trunc rint ldexp matmul
"""
FUNCTIONS = """
    sinc sum mean prod var std max min amax amin ptp median quantile percentile nansum nanmean
    nanmax nanmin cumsum cumprod diff gradient trapezoid average cov corrcoef
    reshape ravel transpose moveaxis swapaxes expand_dims squeeze broadcast_to concatenate stack
    vstack hstack dstack column_stack block split array_split tile repeat roll rot90 flip pad
    tril triu diag diagonal diagflat trace kron outer inner dot vdot tensordot einsum cross where
    select clip sort partition take take_along_axis searchsorted interp convolve correlate
    nan_to_num full_like unwrap meshgrid atleast_1d atleast_2d atleast_3d append insert delete
    copy astype argmax argmin
"""
LINALG = """
    norm inv pinv det slogdet solve lstsq matrix_power multi_dot cholesky qr eigh eigvalsh svd
    eig matrix_norm vector_norm tensorsolve tensorinv
"""
PROMISED = {
    **{f"np.{name}": getattr(np, name) for name in (UFUNCS + FUNCTIONS).split()},
    **{f"np.linalg.{name}": getattr(np.linalg, name) for name in LINALG.split()},
}

NAMESPACES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft}
PUBLIC: dict[str, Any] = {
    f"{prefix}.{name}": getattr(module, name)
    for prefix, module in NAMESPACES.items()
    for name in sorted(module.__all__)
    if callable(getattr(module, name))
}


def dispatches(function: Any) -> bool:
    """Whether NumPy asks its operands what to do."""
    return isinstance(function, np.ufunc) or hasattr(function, "_implementation")


DISPATCHING = {name: f for name, f in PUBLIC.items() if dispatches(f)}
OTHERS = {name: f for name, f in PUBLIC.items() if not dispatches(f)}


def matrix() -> Value:
    return Value(np.array([[2.0, 0.5], [0.5, 1.0]]))


def required(function: Callable[..., Any], v: Any) -> list[Any]:
    """Give `v` for each parameter that has no default."""
    if isinstance(function, np.ufunc):
        return [v] * function.nin
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return [v]
    plain_kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in parameters if p.kind in plain_kinds and p.default is p.empty]
    return [v] * max(1, len(needed))


def floating(result: Any) -> list[Any]:
    """List the plain floats and floating arrays in a result."""
    return [
        x
        for x in leaves(result)
        if isinstance(x, float | complex | np.ndarray | np.generic)
        and np.asarray(x).dtype.kind in "fc"
    ]


@pytest.mark.parametrize("name", PROMISED)
def test_promised(name: str) -> None:
    function = PROMISED[name]
    known = function in NUMPY or function in PLAIN  # pytest would print both tables
    assert known, f"{name} is promised and not implemented"


@pytest.mark.parametrize("function", sorted(NUMPY, key=title), ids=title)
def test_implemented_functions_are_checked(function: Any) -> None:
    f = NUMPY[function]
    covered = isinstance(f, Primitive) and f.rule.elementwise  # sampled from its domain
    covered = covered or bool(CASES.get(function))
    assert covered, f"{title(function)} has no case(...) to generate tests from"


@pytest.mark.parametrize("function", sorted(CASES, key=title), ids=title)
def test_implemented_functions_are_numpys(function: Any) -> None:
    assert dispatches(function), f"NumPy never asks a Value about {title(function)}"
    assert NUMPY[function] is not function


def test_no_function_is_both_differentiable_and_plain() -> None:
    assert not set(NUMPY) & set(PLAIN)


@pytest.mark.parametrize("name", [n for n, f in DISPATCHING.items() if {f} - set(NUMPY) - PLAIN])
def test_what_is_missing_says_so(name: str) -> None:
    function = DISPATCHING[name]
    arguments = SPECIAL.get(name, lambda v: required(function, v))(matrix())
    with pytest.raises(NotDifferentiableError) as caught:
        function(*arguments)
    assert function.__name__ in str(caught.value)
    assert "v.data" in str(caught.value)


SPECIAL: dict[str, Callable[[Any], list[Any]]] = {
    "np.einsum_path": lambda v: ["ij,jk", v, v],
    "np.savez": lambda v: ["nowhere", v],
    "np.savez_compressed": lambda v: ["nowhere", v],
    # plain ones whose other arguments are not arrays
    "np.argpartition": lambda v: [v, 1],
    "np.nanargmax": lambda v: [v],
    "np.can_cast": lambda v: [v.dtype, np.float64],
    "np.digitize": lambda v: [v, v[0]],
    "np.searchsorted": lambda v: [v[1], v],
    "np.linalg.matrix_rank": lambda v: [v],
}

# Floats that do not depend on the operand's numbers, only on its shape.
CONSTANT = {"np.zeros_like", "np.ones_like", "np.empty_like"}


@pytest.mark.parametrize("name", [n for n, f in DISPATCHING.items() if f in PLAIN])
def test_plain_functions_give_nothing_floating(name: str) -> None:
    function = DISPATCHING[name]
    v = matrix()
    got = function(*SPECIAL.get(name, lambda v: required(function, v))(v))
    assert not any(isinstance(x, Value) for x in leaves(got))
    expected = function(*SPECIAL.get(name, lambda v: required(function, v))(np.array(v.data)))
    assert str(got) == str(expected) or name in {"np.empty_like", "np.array_repr"}
    if name not in CONSTANT:
        assert not floating(got), f"{name} of a Value is {got!r}: cut off and still floating"


# Not functions of numbers: they read or write files and settings, run tests, make types, or
# show memory as they find it.
NOT_CALLED = {
    "np.test", "np.info", "np.load", "np.loadtxt", "np.genfromtxt", "np.fromfile", "np.fromregex",
    "np.seterr", "np.seterrcall", "np.setbufsize", "np.set_printoptions", "np.printoptions",
    "np.errstate", "np.show_config", "np.show_runtime", "np.memmap", "np.linalg.LinAlgError",
    "np.empty", "np.ndarray", "np.recarray",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(OTHERS) - NOT_CALLED))
def test_what_does_not_dispatch_detaches_loudly(name: str) -> None:
    function = OTHERS[name]
    seen: list[str] = []

    def f(x: Any) -> Any:
        for v in (x, x[0, 0]):
            every = required(function, v)
            for arguments in (every, [2, *every[1:]], [*every, v], [2, v], [[v, v]]):
                try:
                    seen.append(repr(floating(function(*arguments))))
                except Exception:  # loud enough
                    seen.append(repr([]))
        return np.sum(x)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy, about odd arguments
        grad(f)(np.array([[2.0, 1.0], [1.0, 3.0]]))
        here, seen = seen, []
        grad(f)(np.array([[2.5, 1.5], [1.5, 3.5]]))
    assert here == seen, f"floats that {name} gave of a tracked Value depend on it, without a word"


@pytest.mark.parametrize("detach", [np.asarray, np.array, np.float64, np.float32, float])
def test_the_usual_ways_out_raise_inside_a_transform(detach: Any) -> None:
    with pytest.raises(DetachedError, match="inside a transform would cut"):
        grad(lambda x: float(np.sum(detach(x))))(2.0)


# --- signatures -------------------------------------------------------------------------------


def keywords(function: Any) -> list[str]:
    """Name what may be given to a NumPy function by name; nothing if it does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


@pytest.mark.parametrize("function", sorted(CASES, key=title), ids=title)
def test_every_keyword_of_numpys_is_known_or_refused_by_name(function: Any) -> None:
    for key in set(keywords(function)) - ACCEPTED[function]:
        with pytest.raises(UnknownKeywordError, match=rf"\b{key}="):
            check_keywords(function, {key: object()})


NO_UFUNCS = sorted((f for f in CASES if not isinstance(f, np.ufunc)), key=title)


@pytest.mark.parametrize("function", NO_UFUNCS, ids=title)
def test_arguments_have_numpys_places(function: Any) -> None:
    f: Any = NUMPY[function]
    count, names = positions(f)
    try:
        places = positions(function)[1]
    except ValueError:  # NumPy does not say
        return
    if count == len(names):  # else any number of operands
        differ = [(a, b) for a, b in zip(names, places, strict=False) if a != b]
        assert not differ
        assert len(names) <= max(len(places), 1)
