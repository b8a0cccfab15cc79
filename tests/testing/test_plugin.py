"""The pytest plugin, in a pytest of its own: what passes, what fails, and with what words."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

INSTALLED = any(e.name == "microgradnet" for e in entry_points(group="pytest11"))
PLUGIN = [] if INSTALLED else ["-p", "microgradnet.testing.plugin"]

HEAD = """
import numpy as np
import pytest
from hypothesis import strategies as st

def loss(w, x):
    return np.tanh(w * x)

def by_hand(w, x):
    d = 1 - np.tanh(w * x) ** 2
    return d * w, d * w
"""


def run(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(HEAD + code)
    return pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *options)


def test_the_fixture_gives_the_report(pytester: pytest.Pytester) -> None:
    code = """
def test_it(gradcheck):
    report = gradcheck(loss, 0.5, 2.0)
    assert report.passed and len(report.rows) == 2
"""
    run(pytester, code).assert_outcomes(passed=1)


def test_a_failure_shows_the_report_and_the_doctors_sentence(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(gradcheck): gradcheck(loss, 0.5, 2.0, grad=by_hand)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*loss: WRONG (1 wrong, 1 passed*",
            "*w *0.25  wrong*",
            "*the doctor: `∂L/∂w` multiplies by `w` where it should multiply by `x`",
        ]
    )


def test_without_a_named_mistake_the_report_stands_alone(pytester: pytest.Pytester) -> None:
    code = """
def odd(w, x):
    return 0.123 + np.exp(w) * by_hand(w, x)[0], 7.0 * np.sin(w)

def test_it(gradcheck):
    gradcheck(loss, 0.5, 2.0, grad=odd)

def test_own(gradcheck):  # nobody wrote this gradient by hand
    gradcheck(lambda x: np.array([x, x])[0], 2.0, grad=lambda x: "abc", argnums=0)
"""
    result = run(pytester, code)
    result.assert_outcomes(failed=2)
    assert "the doctor" not in result.stdout.str()


def test_a_marked_function_is_checked_wherever_its_strategies_lead(
    pytester: pytest.Pytester,
) -> None:
    code = """
@pytest.mark.gradcheck(x=st.floats(-3, 3), y=st.floats(0.1, 3))
def test_quotient(x, y):
    return np.sin(x) / y

@pytest.mark.gradcheck
def test_anything(x):
    return np.tanh(x)

class TestMethods:
    def test_plain(self):
        assert True

def helper(x): ...
helper = pytest.mark.gradcheck(helper)
"""
    run(pytester, code).assert_outcomes(passed=3)


def test_a_marked_method_is_a_function_of_its_other_parameters(pytester: pytest.Pytester) -> None:
    code = """
class TestIn:
    @pytest.mark.gradcheck(x=st.floats(-1, 1))
    def test_method(self, x):
        return x * x

    @staticmethod
    @pytest.mark.gradcheck(x=st.floats(-1, 1), grad=lambda x: x)
    def test_static(x):
        return x * x
"""
    result = run(pytester, code)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*self*")


def test_a_marked_function_fails_with_the_point(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.gradcheck(x=st.floats(-3, 3), grad=lambda x: 2 * np.cos(x))
def test_it(x):
    return np.sin(x)
"""
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["test_it: WRONG (1 wrong*", "*2  wrong*", "*x=*"])


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("gradcheck(y=st.floats())", "got y; expected strategies for x, or options: argnums, grad"),
        ("gradcheck(st.floats())", "got positional arguments; expected strategies by the names"),
    ],
)
def test_a_mistaken_marker_is_explained(pytester: pytest.Pytester, mark: str, said: str) -> None:
    result = run(pytester, f"@pytest.mark.{mark}\ndef test_it(x):\n    return x\n")
    assert result.ret != 0
    result.stdout.fnmatch_lines([f"*{said}*"])


def test_the_options_reach_every_check(pytester: pytest.Pytester) -> None:
    code = """
def test_it(gradcheck):
    names = {e.name for e in gradcheck(loss, 0.5, 2.0).rows}
    assert any("slope of the gradient" in name for name in names)
"""
    run(pytester, code).assert_outcomes(failed=1)
    run(pytester, code, "--gradcheck-order=2", "--gradcheck-seed=5").assert_outcomes(passed=1)


def test_of_a_gradient_that_is_handed_in_the_shells_order_asks_nothing(
    pytester: pytest.Pytester,
) -> None:
    code = """
def test_it(gradcheck):
    gradcheck(lambda x: float(np.sin(float(x))), 0.5, grad=np.cos)
"""
    run(pytester, code, "--gradcheck-order=2").assert_outcomes(passed=1)


def test_points_that_nothing_is_known_about_are_no_examples(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
import numpy as np
import pytest
from hypothesis import strategies as st

def hidden(x, share):  # what depends on x lies below the last place of the rest
    return np.sin(x) * share + 1e6

@pytest.mark.gradcheck(x=st.floats(0.1, 0.9), share=st.sampled_from([1.0, 1.0, 1e-9]), argnums=0,
                       mpmath=False, grad=lambda x, share: share * np.cos(x))
def test_sometimes(x, share):
    return float(hidden(float(x), share))

@pytest.mark.gradcheck(x=st.floats(0.1, 0.9), mpmath=False, grad=lambda x: 1e-9 * np.cos(x))
def test_never(x):
    return float(hidden(float(x), 1e-9))
""")
    result = pytester.runpytest("-p", "no:xdist")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["at most points nothing could be decided, as here:"])
    result.stdout.fnmatch_lines(["test_never: INCONCLUSIVE*"])
