"""Value and gradient of ``sum(tanh(x) * exp(-x*x) + sin(x) / (1 + x*x))``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from microgradnet import Value, value_and_grad

from .common import Contest, Engine, peer


def by_hand(x: Any) -> tuple[Any, Any]:
    """Compute both in as few passes as readable NumPy allows, in place where it can be.

    With t = tanh(x), e = exp(-x²), r = 1 / (1 + x²), s = sin(x):
    f' = e (1 - t² - 2 x t) + r (cos(x) - 2 x s r).
    """
    q = x * x
    t = np.tanh(x)
    e = np.exp(-q)
    s = np.sin(x)
    q += 1.0
    r = np.divide(1.0, q, out=q)
    te = t * e
    sr = s * r
    value = np.sum(te + sr)
    x2 = x * -2.0
    # e (1 - t²) - 2 x t e  =  e - t (t e) - 2 x (t e)  =  e + (t e) (-2 x - t)
    t = np.subtract(x2, t, out=t)
    t *= te
    t += e
    # r (cos(x) - 2 x s r)
    sr *= x2
    sr += np.cos(x, out=s)
    sr *= r
    t += sr
    return value, t


def formula(np_: Any, x: Any) -> Any:
    """State the function in the words of any of the engines."""
    return np_.sum(np_.tanh(x) * np_.exp(-x * x) + np_.sin(x) / (1 + x * x))


def with_values(x: Any) -> Engine:
    """Keep the leaf between runs, as PyTorch's and MyGrad's rows do."""
    leaf = Value(x)

    def run() -> Any:
        leaf.grad = None
        loss = formula(np, leaf)
        loss.backward()
        return loss, leaf.grad

    return Engine(run, lambda out: [out[0].data, out[1]])


def _torch(torch: Any, x: Any) -> Engine:
    leaf = torch.tensor(x, requires_grad=True)

    def run() -> Any:
        leaf.grad = None
        loss = formula(torch, leaf)
        loss.backward()
        return loss, leaf.grad

    return Engine(run, lambda out: [out[0].detach().numpy(), out[1].numpy()])


def _autograd(autograd: Any, x: Any) -> Engine:
    f = autograd.value_and_grad(lambda x: formula(autograd.numpy, x))
    return Engine(lambda: f(x), list)


def _mygrad(mg: Any, x: Any) -> Engine:
    leaf = mg.tensor(x)

    def run() -> Any:
        loss = formula(mg, leaf)
        loss.backward()
        return loss, leaf.grad

    return Engine(run, lambda out: [out[0].data, out[1]])


def _jax(jax: Any, x: Any) -> Engine:
    jax.config.update("jax_enable_x64", True)
    f = jax.jit(jax.value_and_grad(lambda x: formula(jax.numpy, x)))
    x = jax.numpy.asarray(x)
    return Engine(lambda: jax.block_until_ready(f(x)), list)


def contest(n: int) -> Contest:
    x = np.random.default_rng(0).normal(size=n)
    ours = value_and_grad(lambda x: formula(np, x))
    if n <= 1000:
        targets = dict.fromkeys(["PyTorch", "autograd", "MyGrad"], 1.0)
    else:
        targets = {"hand-written NumPy": 1.15}
    return Contest(
        f"elementwise gradient, n = {n:,}",
        {
            "hand-written NumPy": lambda: Engine(lambda: by_hand(x), list),
            "microgradnet": lambda: with_values(x),
            "microgradnet, value_and_grad": lambda: Engine(lambda: ours(x), list),
            "PyTorch": peer("torch", _torch, x),
            "autograd": peer("autograd", _autograd, x),
            "MyGrad": peer("mygrad", _mygrad, x),
            "JAX (jit)": peer("jax", _jax, x),
            "micrograd": lambda: "has no arrays, tanh, exp or sin",
        },
        targets,
        rounds=25 if n >= 100_000 else 15,
    )


def contests() -> Iterator[Contest]:
    return (contest(n) for n in (10, 1_000, 100_000, 1_000_000))
