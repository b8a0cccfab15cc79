"""The doctor's changes of lines: somebody's code, with one of them changed and run as it is."""

import ast
import linecache
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from microgradnet import grad
from microgradnet.testing.doctor import diagnose, points
from microgradnet.testing.doctor.calling import Call, understood
from microgradnet.testing.doctor.examination import examined
from microgradnet.testing.doctor.lines import LIKELY, Lines, Unchangeable
from microgradnet.testing.doctor.lines.keeping import LARGE, Kept
from microgradnet.testing.doctor.lines.listing import likely
from microgradnet.testing.doctor.lines.routines import parts
from microgradnet.testing.doctor.lines.syntax import Syntax

RNG = np.random.default_rng(5)


def intended(K: Any, b: Any, V: Any, X: Any, t: Any) -> Any:
    """Two kernels over a line of six, ReLU, the largest of each two, a linear read-out."""
    pad = np.stack([X[:, i : i + 3] for i in range(4)], axis=1)
    r = np.maximum(np.einsum("npk,fk->nfp", pad, K) + b[:, None], 0.0)
    best = np.maximum(r[:, :, 0::2], r[:, :, 1::2])
    return np.mean((np.sum(best * V, axis=(1, 2)) - t) ** 2)


CODE = """
def gradient(K, b, V, X, t):
    n, width = len(X), K.shape[1]
    dK, db, dV = np.zeros(K.shape), np.zeros(b.shape), np.zeros(V.shape)
    for s in range(n):
        score = np.zeros((2, 4))
        best = np.zeros((2, 2))
        where = np.zeros((2, 2), dtype=int)
        for f in range(2):
            for p in range(4):
                score[f, p] = np.sum(X[s, p:p + width] * K[f]) + b[f]
            for j in range(2):
                pair = np.maximum(score[f, 2 * j:2 * j + 2], 0)
                best[f, j] = pair.max()
                where[f, j] = 2 * j + pair.argmax()
        error = 2 * (np.sum(best * V) - t[s]) / n
        dV += error * best
        for f in range(2):
            for j in range(2):
                p = where[f, j]
                delta = error * V[f, j]
                if score[f, p] > 0:
                    db[f] += delta
                    dK[f] += delta * X[s, p:p + width]
    return dK, db, dV
"""
PARAMS = (RNG.normal(size=(2, 3)), RNG.normal(size=2), RNG.normal(size=(2, 2)))
DATA = (RNG.normal(size=(4, 6)), RNG.normal(size=4))


def defined(text: str, name: str = "gradient", **space: Any) -> Any:
    """Define a function as if from a file: with its text."""
    file = f"<{abs(hash(text))}>"
    linecache.cache[file] = (len(text), None, text.lstrip("\n").splitlines(True), file)
    space["np"] = np
    exec(compile(text.lstrip("\n"), file, "exec"), space)
    return space[name]


def read(loss: Any, gradient: Any, params: Any, inputs: Any) -> Lines:
    """Read the text of a gradient."""
    call = understood(loss, params, inputs)
    reported = Call(gradient, call.params, call.inputs, None, call).checked()
    kinds = points.kinds(call.inputs.leaves, generic=False)
    return Lines(reported, examined(call, reported, kinds, None, 0))


def lines(loss: Any, gradient: Any, params: Any, inputs: Any, steps: int = 1) -> list[str] | None:
    """Say what its lines alone tell."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        return read(loss, gradient, params, inputs).sentences(steps, np.inf)


def changed(old: str, new: str) -> Any:
    """Define the code with a mistake."""
    assert CODE.count(old) == 1
    return defined(CODE.replace(old, new))


def test_right_code() -> None:
    assert diagnose(intended, defined(CODE), PARAMS, inputs=DATA).correct


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "where[f, j] = 2 * j + pair",
            "where[f, j] = pair",
            "`where[f, j] = pair.argmax()` (line 14) should be "
            "`where[f, j] = 2 * j + pair.argmax()`",
        ),
        (
            "* X[s, p:p + width]\n",
            "* X[s, j:j + width]\n",
            "(line 23) reads `X[s, j:j + width]` where it should read `X[s, p:p + width]`",
        ),
        ("db[f] +=", "db[f] =", "`db[f] = delta` (line 22) should be `db[f] += delta`"),
        ("error * V[f, j]", "error * V[j, f]", "should be `delta = error * V[f, j]`"),
        ("range(n):\n        score", "range(n - 1):\n        score", "should be `range(n)`"),
        ("score[f, p] > 0", "score[f, p] < 0", "should be `score[f, p] > 0`"),
        ("/ n\n", "/ width\n", "reads `width` where it should read `n`"),
        ("pair.argmax()", "pair.argmin()", "should be `where[f, j] = 2 * j + pair.argmax()`"),
    ],
)
def test_a_line_is_told_where_it_should_be_another(old: str, new: str, says: str) -> None:
    assert says in "".join(lines(intended, changed(old, new), PARAMS, DATA) or [])


def test_what_no_formula_shows() -> None:
    gradient = changed("where[f, j] = 2 * j + pair", "where[f, j] = pair")
    found = diagnose(intended, gradient, PARAMS, inputs=DATA)
    assert found.explained and "should be `where[f, j] = 2 * j + pair.argmax()`" in str(found)


def test_that_all_is_too_large_is_said_with_the_line() -> None:
    found = diagnose(intended, changed("= 2 * (np", "= 3 * (np"), PARAMS, inputs=DATA)
    assert found.sentences[0] == "every derivative is 3/2 times what it should be"
    assert found.sentences[1].startswith("in the code: `error = 3 * (np.sum(best * V) - t[s])")


def test_two_mistakes() -> None:
    wrong = defined(CODE.replace("db[f] +=", "db[f] =").replace("dV += error", "dV -= error"))
    assert lines(intended, wrong, PARAMS, DATA) is None
    found = lines(intended, wrong, PARAMS, DATA, steps=2)
    assert found is not None
    assert sorted(text.split("should be")[1] for text in found) == [
        " `dV += error * best`",
        " `db[f] += delta`",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (  # a method
            """
class Net:
    def __init__(self, w):
        self.w = w
    def pre(self, x):
        return x @ self.w
    def back(self, x, t):
        self.z = self.pre(x)
        self.a = np.tanh(self.z)
        return x.T @ (2 * (self.a - t) * (1 - self.z**2))
def gradient(w, x, t):
    return (Net(w).back(x, t),)
""",
            "(line 9) reads `self.z` where it should read `self.a`",
        ),
        (  # a static method
            """
class Maths:
    @staticmethod
    def slope(a):
        return np.where(a > 2, 0, 1 - a)
def gradient(w, x, t):
    a = np.tanh(x @ w)
    return (x.T @ (2 * (a - t) * Maths.slope(a)),)
""",
            "(line 4) should be `return np.where(a > 2, 0, 1 - a ** 2)`",
        ),
        (  # a function within a function, that is made again with each call
            """
def gradient(w, x, t):
    a = np.tanh(x @ w)
    def back(d):
        if np.all(np.isfinite(d)):
            return x.T @ (d * (1 - a))
    return (back(2 * (a - t)),)
""",
            "(line 5) should be `return x.T @ (d * (1 - a ** 2))`",
        ),
        (  # a lambda
            """
slope = lambda a: np.where(a > 2, 0, 1 - a)
def gradient(w, x, t):
    a = np.tanh(x @ w)
    return (x.T @ (2 * (a - t) * slope(a)),)
""",
            "`np.where(a > 2, 0, 1 - a)` (line 1) should be `np.where(a > 2, 0, 1 - a ** 2)`",
        ),
    ],
)
def test_wherever_the_line_is(text: str, says: str) -> None:
    def loss(w: Any, x: Any, t: Any) -> Any:
        return np.sum((np.tanh(x @ w) - t) ** 2)

    gradient = defined(text)
    inputs = RNG.normal(size=(5, 3)), RNG.normal(size=5)
    assert says in "".join(lines(loss, gradient, (RNG.normal(size=3),), inputs) or [])


def test_the_code_is_afterwards_what_it_was() -> None:
    gradient = changed("db[f] +=", "db[f] =")
    before, code = gradient(*PARAMS, *DATA), gradient.__code__
    assert "line 22" in str(diagnose(intended, gradient, PARAMS, inputs=DATA))
    assert gradient.__code__ is code
    for one, other in zip(before, gradient(*PARAMS, *DATA), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_the_code_prints_is_not_shown_with_every_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = CODE.replace("    return", "    print(n)\n    return")
    gradient = defined(text.replace("db[f] +=", "db[f] ="))
    assert "line 22" in str(diagnose(intended, gradient, PARAMS, inputs=DATA))
    assert len(capsys.readouterr().out.splitlines()) < 100


def test_code_that_may_do_harm_is_not_changed(tmp_path: Any) -> None:
    text = CODE.replace("    return", "    open(PATH, 'w').close()\n    return")
    gradient = defined(text, PATH=str(tmp_path / "file"))
    with pytest.raises(Unchangeable, match="open"):
        parts(partial(gradient, *PARAMS, *DATA))
    text = CODE.replace("    return", "    import shutil\n    return")
    with pytest.raises(Unchangeable, match="shutil"):
        parts(partial(defined(text), *PARAMS, *DATA))


def test_code_that_may_go_on_for_ever_is_not_changed() -> None:
    loop = "for n in iter(lambda: 3, 3): pass"
    gradient = defined(
        f"def helper(n):\n    {loop}\n{CODE}".replace("len(X)", "len(X) + (helper(4) or 0)", 1)
    )
    with pytest.raises(Unchangeable, match="might not come to an end"):
        parts(partial(gradient, *PARAMS, *DATA))


def test_code_that_calls_some_without_a_text_is_not_changed() -> None:
    space: dict[str, Any] = {}
    exec("def helper(x):\n    return len(x)", space)
    gradient = defined(CODE.replace("len(X)", "helper(X)", 1), helper=space["helper"])
    with pytest.raises(Unchangeable, match="no text of helper"):
        parts(partial(gradient, *PARAMS, *DATA))


def test_code_without_a_text_is_recorded_instead() -> None:
    space: dict[str, Any] = {"np": np}
    exec("def f(w, x):\n    return np.cos(w * x) * w", space)
    found, run = parts(partial(space["f"], 2.0, 3.0))
    assert found == [] and run.lines > 0
    assert "multiplies by `w` where it should multiply by `x`" in str(
        diagnose(lambda w, x: np.sin(w * x), space["f"], 0.5, inputs=2.0)
    )


def test_a_text_that_is_not_what_runs_any_more_is_not_changed() -> None:
    gradient = defined(CODE)
    file = gradient.__code__.co_filename
    text = CODE.replace("error * best", "error * best * 1")
    linecache.cache[file] = (len(text), None, text.lstrip("\n").splitlines(True), file)
    found, _ = parts(partial(gradient, *PARAMS, *DATA))
    assert found == []


def test_what_holds_values_while_the_code_runs_is_told_from_indices() -> None:
    gradient = defined(CODE)
    found, run = parts(partial(gradient, *PARAMS, *DATA))
    ((_, code),) = found[0].functions
    held = run.held[code]
    assert held["p"] == held["width"] == {(int,)}
    assert held["delta"] == {(float,)}
    assert held["X[s, p:p + width]"] == {(np.ndarray, 1, (3,))}


def test_a_mistake_that_shows_at_the_size_of_the_user_s_own_numbers() -> None:
    def capped(w: Any, claims: Any) -> Any:
        return np.sum(np.exp(w) - np.minimum(claims, 3.0) * w)

    def uncapped(w: Any, claims: Any) -> Any:
        return (np.sum(np.exp(w) - claims),)

    found = diagnose(capped, uncapped, (0.3,), inputs=np.array([0.0, 2.0, 5.0, 7.0]))
    assert not found.correct and found.wrong == ["w"]
    assert diagnose(capped, uncapped, (0.3,), inputs=np.array([0.0, 2.0, 1.0, 2.0])).correct


def test_what_the_code_finds_outside_is_afterwards_what_it_was() -> None:
    text = """
COUNTS = {"calls": 0}
SEEN = []
def gradient(w, x):
    SEEN[:] = [x]
    COUNTS["calls"] = 1
    scaled = DATA
    scaled = scaled * 2
    return (np.sum(scaled * x) * 3 + w * 0,)
"""
    data = np.arange(4.0)
    gradient = defined(text, DATA=data)
    found = lines(lambda w, x: 2 * w * np.sum(np.arange(4.0) * x), gradient, (0.5,), 2.0)
    assert found is not None and "(line 8)" in found[0]
    np.testing.assert_array_equal(data, np.arange(4.0))
    assert len(gradient.__globals__["SEEN"]) == 1
    assert gradient.__globals__["COUNTS"] == {"calls": 1}


def test_kept_things_are_put_back() -> None:
    class Box:
        def __init__(self) -> None:
            self.array, self.parts = np.ones(3), [1, {"a": np.zeros(2)}]

    box, large = Box(), np.zeros(LARGE + 1)

    def f(default: Any = box) -> Any:
        return box, default, large

    kept = Kept([f])  # type: ignore[list-item]
    box.array *= 2
    box.parts[1]["a"][0] = 5.0  # type: ignore[index]
    box.parts.append(3)
    box.more = 1  # type: ignore[attr-defined]
    large[0] = 1.0
    kept.restore()
    assert list(box.__dict__) == ["array", "parts"] and len(box.parts) == 2
    np.testing.assert_array_equal(box.array, np.ones(3))
    np.testing.assert_array_equal(box.parts[1]["a"], np.zeros(2))  # type: ignore[index]
    assert large[0] == 1.0
    kept.restore(whole=True)
    assert large[0] == 0.0


def two_layers(W: Any, b: Any, v: Any, X: Any, t: Any) -> Any:
    return np.mean((np.tanh(X @ W + b) @ v - t) ** 2)


LAYERS = """
import numpy as np
def gradient(W, b, v, X, t):
    n = len(X)
    Z = X @ W + b
    A = np.tanh(Z)
    error = A @ v - t
    delta = 2 * error / n
    dv = A.T @ delta
    dZ = np.outer(delta, v) * (1 - A ** 2)
    db = np.zeros(len(b))
    for i in range(n):
        db += dZ[i]
    return X.T @ dZ, db, dv
"""
LAYER_PARAMS = (RNG.normal(size=(3, 2)), RNG.normal(size=2), RNG.normal(size=2))
LAYER_DATA = (RNG.normal(size=(4, 3)), RNG.normal(size=4))


@given(st.data())
def test_what_is_said_of_a_line_is_true_at_other_points_too(data: st.DataObject) -> None:
    """Plant any change that the doctor knows; whatever it says then makes the code right."""
    right = defined(LAYERS)
    found, run = parts(partial(right, *LAYER_PARAMS, *LAYER_DATA))
    ((function, code),) = found[0].functions
    edits = [*likely(Syntax(function, run.held[code], found[0].text))]
    edit = edits[data.draw(st.integers(0, len(edits) - 1))]
    edit.apply()
    wrong = defined("import numpy as np\n" + ast.unparse(function) + f"\n# {id(edit)}")
    fresh = np.random.default_rng(data.draw(st.integers(0, 99)))
    params = tuple(fresh.normal(size=np.shape(p)) for p in LAYER_PARAMS)
    inputs = tuple(fresh.normal(size=np.shape(x)) for x in LAYER_DATA)
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            read_lines = read(two_layers, wrong, LAYER_PARAMS, LAYER_DATA)
        except Exception:  # the change does not run, or makes other shapes
            assume(False)
        if not read_lines.base.wrong:
            event("changes nothing")
            return
        said = read_lines.sentences(1, LIKELY)
        event("said" if said else "nothing is said")
        if said is None:
            return
        with read_lines.changed():
            given_then = wrong(*params, *inputs)
    truth = grad(two_layers, (0, 1, 2))(*params, *inputs)
    for g, true in zip(given_then, truth, strict=True):
        np.testing.assert_allclose(g, true, rtol=1e-9, atol=1e-12)
