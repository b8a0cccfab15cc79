"""A minimiser that stops early may have been handed a wrong ``jac=``; the check says where.

Rosenbrock's valley with a gradient derived by hand, one of whose terms is missing. SciPy's
minimiser gives up or crawls, and says nothing of the reason. The check names the element; with
the term put back all pass, and the minimum is found. Without SciPy only the check is shown.
"""

import importlib.util

import numpy as np

from microgradnet.testing import gradcheck


def valley(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def jac(x, complete=True):
    g = np.zeros_like(x)
    bend = x[1:] - x[:-1] ** 2
    g[:-1] = -400 * x[:-1] * bend - 2 * (1 - x[:-1])
    if complete:
        g[1:] += 200 * bend
    else:
        g[-1] += 200 * bend[-1]  # right for two variables, as in the textbook
    return g


start = np.array([0.4, 1.0, 0.8, 1.4])
report = gradcheck(valley, start, grad=lambda x: jac(x, complete=False), names=["x"])
print(report)
assert sorted(e.index for e in report.rows if e.verdict == "wrong") == [(1,), (2,)]
assert gradcheck(valley, start, grad=jac).passed

if importlib.util.find_spec("scipy"):
    from scipy.optimize import minimize

    for name, gradient in (("with", jac), ("without", lambda x: jac(x, complete=False))):
        found = minimize(valley, start, jac=gradient, method="BFGS")
        print(f"{name} the term: {found.message} Off by {np.max(np.abs(found.x - 1)):.1e}")
        assert (np.max(np.abs(found.x - 1)) < 1e-4) == (name == "with")
