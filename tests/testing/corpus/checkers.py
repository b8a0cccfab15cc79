"""Every gradient checker installed, asked one question: is this gradient right?

A case is plain NumPy. To each peer it is shown the way its users would: as a function with a
rule of its own (`torch.autograd.Function`, `jax.custom_vjp`, autograd's `defvjp`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from microgradnet.testing import gradcheck

from . import Case

Checker = Callable[[Case], bool | None]  # passed, or None: undecided


def here(case: Case) -> bool | None:
    verdict = gradcheck(case.f, case.x, grad=case.gradient).verdict
    return None if verdict == "inconclusive" else verdict == "passed"


def _torch(fast: bool) -> Checker:
    import torch

    def check(case: Case) -> bool:
        class F(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return torch.tensor(case.f(x.detach().numpy()), dtype=x.dtype)

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:  # type: ignore[override]
                (x,) = ctx.saved_tensors
                return g * torch.tensor(np.array(case.gradient(x.detach().numpy())), dtype=x.dtype)

        x = torch.tensor(case.x, requires_grad=True)
        return bool(torch.autograd.gradcheck(F.apply, x, fast_mode=fast, raise_exception=False))

    return check


def _jax() -> Checker:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)

    def check(case: Case) -> bool:
        scalar = jax.ShapeDtypeStruct((), case.x.dtype)
        array = jax.ShapeDtypeStruct(case.x.shape, case.x.dtype)

        def value(x: Any) -> Any:
            return np.asarray(case.f(np.asarray(x)), case.x.dtype)

        def slopes(x: Any) -> Any:
            return np.asarray(case.gradient(np.asarray(x)), case.x.dtype)

        @jax.custom_vjp
        def f(x: Any) -> Any:
            return jax.pure_callback(value, scalar, x)

        f.defvjp(lambda x: (f(x), x), lambda x, g: (g * jax.pure_callback(slopes, array, x),))
        return _holds(lambda: check_grads(f, (case.x,), order=1, modes=("rev",)))

    return check


def _autograd() -> Checker:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def check(case: Case) -> bool:
        f = primitive(case.f)
        defvjp(f, lambda ans, x: lambda g: g * case.gradient(x))
        return _holds(lambda: check_grads(f, modes=["rev"], order=1)(case.x))

    return check


def _scipy() -> Checker:
    from scipy.optimize import check_grad

    def check(case: Case) -> bool:
        shape = case.x.shape

        def f(x: Any) -> Any:
            return case.f(x.reshape(shape))

        return bool(
            check_grad(f, lambda x: case.gradient(x.reshape(shape)).reshape(-1), case.x.reshape(-1))
            < 1e-5
        )

    return check


def _holds(assertion: Callable[[], Any]) -> bool:
    try:
        assertion()
    except AssertionError:
        return False
    return True


def installed() -> dict[str, Checker]:
    """The checkers to be had, this library's last."""
    makers: list[tuple[str, str, Callable[[], Checker]]] = [
        ("torch", "PyTorch gradcheck", lambda: _torch(False)),
        ("torch", "the same, fast mode", lambda: _torch(True)),
        ("jax", "JAX check_grads", _jax),
        ("autograd", "autograd check_grads", _autograd),
        ("scipy", "SciPy check_grad < 1e-5", _scipy),
    ]
    found = {
        name: _answering(make())
        for module, name, make in makers
        if importlib.util.find_spec(module)
    }
    return found | {"microgradnet": here}


def _answering(checker: Checker) -> Checker:
    """Take an error for an answer."""

    def check(case: Case) -> bool | None:
        try:
            return checker(case)
        except Exception:
            return False

    return check
