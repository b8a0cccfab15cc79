"""One epoch of the documents' training: stochastic gradient descent, one sample at a time.

The 2-2-1 network has nine parameters, each a number of its own, as the documents have it.
Every engine is used in the way its own documentation shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from microgradnet import Value
from microgradnet.ops.special import sigmoid

from .common import Contest, Engine, peer

# Pounds less 135 and inches less 66 of four people; 1 for the women.
DATA = [(-2.0, -1.0, 1.0), (25.0, 6.0, 0.0), (17.0, 4.0, 0.0), (-15.0, -6.0, 1.0)]
LEARN_RATE = 0.1
START = np.random.RandomState(0).normal(size=9).tolist()


def sample_loss(sigmoid: Callable[[Any], Any], p: Any, x0: float, x1: float, y: float) -> Any:
    """State one sample's squared error in the words of any of the engines."""
    w1, w2, w3, w4, w5, w6, b1, b2, b3 = p
    h1 = sigmoid(w1 * x0 + w2 * x1 + b1)
    h2 = sigmoid(w3 * x0 + w4 * x1 + b2)
    o1 = sigmoid(w5 * h1 + w6 * h2 + b3)
    return (y - o1) ** 2


def ours() -> Engine:
    p = [Value(x) for x in START]

    def epoch() -> None:
        for x0, x1, y in DATA:
            loss = sample_loss(sigmoid, p, x0, x1, y)
            for q in p:
                q.grad = None
            loss.backward()
            for q in p:
                q.data -= LEARN_RATE * q.grad

    return Engine(epoch, lambda _: [q.data for q in p])


def by_hand(exp: Callable[[float], float]) -> Engine:
    """Do the documents' own derivation, with their mistakes put right."""
    p = list(START)

    def sigmoid(x: float) -> float:
        return 1 / (1 + exp(-x))

    def epoch() -> None:
        w1, w2, w3, w4, w5, w6, b1, b2, b3 = p
        for x0, x1, y in DATA:
            h1 = sigmoid(w1 * x0 + w2 * x1 + b1)
            h2 = sigmoid(w3 * x0 + w4 * x1 + b2)
            o1 = sigmoid(w5 * h1 + w6 * h2 + b3)
            step = LEARN_RATE * -2 * (y - o1) * o1 * (1 - o1)
            step_h1 = step * w5 * h1 * (1 - h1)
            step_h2 = step * w6 * h2 * (1 - h2)
            w1 -= step_h1 * x0
            w2 -= step_h1 * x1
            b1 -= step_h1
            w3 -= step_h2 * x0
            w4 -= step_h2 * x1
            b2 -= step_h2
            w5 -= step * h1
            w6 -= step * h2
            b3 -= step
        p[:] = w1, w2, w3, w4, w5, w6, b1, b2, b3

    return Engine(epoch, lambda _: p)


def _micrograd(sigmoid: Callable[[Any, Any], Any]) -> Callable[[Any], Engine]:
    """Use micrograd with a sigmoid, which it lacks, given as ``sigmoid(engine, x)``."""

    def build(engine: Any) -> Engine:
        p = [engine.Value(x) for x in START]

        def epoch() -> None:
            for x0, x1, y in DATA:
                loss = sample_loss(lambda x: sigmoid(engine, x), p, x0, x1, y)
                for q in p:
                    q.grad = 0
                loss.backward()
                for q in p:
                    q.data -= LEARN_RATE * q.grad

        return Engine(epoch, lambda _: [q.data for q in p])

    return build


def _closure_sigmoid(engine: Any, x: Any) -> Any:
    """Write the whole sigmoid as one micrograd operation: the best that can be done for it."""
    z = 1 / (1 + math.exp(-x.data))
    out = engine.Value(z, (x,), "sigmoid")

    def backward() -> None:
        x.grad += z * (1 - z) * out.grad

    out._backward = backward
    return out


def _composite_sigmoid(engine: Any, x: Any) -> Any:
    """Add only exp to micrograd, and write the formula with its operators."""
    x = -x
    e = engine.Value(math.exp(x.data), (x,), "exp")

    def backward() -> None:
        x.grad += e.data * e.grad

    e._backward = backward
    return 1 / (1 + e)


def composite() -> Engine:
    """Spell the sigmoid out for us too, to set beside micrograd's composite one."""
    p = [Value(x) for x in START]

    def spelled(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def epoch() -> None:
        for x0, x1, y in DATA:
            loss = sample_loss(spelled, p, x0, x1, y)
            for q in p:
                q.grad = None
            loss.backward()
            for q in p:
                q.data -= LEARN_RATE * q.grad

    return Engine(epoch, lambda _: [q.data for q in p])


def _torch(torch: Any) -> Engine:
    p = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]

    def epoch() -> None:
        for x0, x1, y in DATA:
            loss = sample_loss(torch.sigmoid, p, x0, x1, y)
            for q in p:
                q.grad = None
            loss.backward()
            with torch.no_grad():
                for q in p:
                    q -= LEARN_RATE * q.grad

    return Engine(epoch, lambda _: [q.detach().numpy() for q in p])


def _autograd(autograd: Any) -> Engine:
    # One argument per parameter: it is quicker here than one list of nine.
    anp = autograd.numpy

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + anp.exp(-x))

    def loss(x0: float, x1: float, y: float, *p: Any) -> Any:
        return sample_loss(sigmoid, p, x0, x1, y)

    gradient = autograd.grad(loss, argnum=tuple(range(3, 12)))
    p = list(START)

    def epoch() -> None:
        for x0, x1, y in DATA:
            p[:] = [q - LEARN_RATE * g for q, g in zip(p, gradient(x0, x1, y, *p), strict=True)]

    return Engine(epoch, lambda _: p)


def _mygrad(mg: Any) -> Engine:
    p = [mg.tensor(x) for x in START]

    def epoch() -> None:
        for x0, x1, y in DATA:
            sample_loss(mg.nnet.sigmoid, p, x0, x1, y).backward()
            for q in p:
                q.data -= LEARN_RATE * q.grad

    return Engine(epoch, lambda _: [q.data for q in p])


def _jax(jax: Any) -> Engine:
    jax.config.update("jax_enable_x64", True)
    gradient = jax.grad(lambda *args: sample_loss(jax.nn.sigmoid, *args))

    @jax.jit
    def step(p: Any, x0: float, x1: float, y: float) -> Any:
        return [q - LEARN_RATE * g for q, g in zip(p, gradient(p, x0, x1, y), strict=True)]

    p = [jax.numpy.asarray(x) for x in START]

    def epoch() -> None:
        for x0, x1, y in DATA:
            p[:] = step(p, x0, x1, y)
        jax.block_until_ready(p)

    return Engine(epoch, lambda _: p)


def contests() -> Iterator[Contest]:
    yield Contest(
        "the tutorial's training: one epoch, 4 samples one at a time, 9 float parameters",
        {
            "by hand (math)": lambda: by_hand(math.exp),
            "by hand (NumPy)": lambda: by_hand(np.exp),
            "microgradnet": ours,
            "microgradnet, sigmoid as 1 / (1 + exp(-x))": composite,
            "micrograd, own sigmoid": peer("micrograd.engine", _micrograd(_closure_sigmoid)),
            "micrograd, sigmoid as 1 / (1 + exp(-x))": peer(
                "micrograd.engine", _micrograd(_composite_sigmoid)
            ),
            "PyTorch": peer("torch", _torch),
            "autograd": peer("autograd", _autograd),
            "MyGrad": peer("mygrad", _mygrad),
            "JAX (jit)": peer("jax", _jax),
        },
        {
            "micrograd, own sigmoid": 1 / 3,
            "micrograd, sigmoid as 1 / (1 + exp(-x))": 1 / 3,
            "PyTorch": 1 / 3,
            "autograd": 1 / 10,
        },
        rounds=25,
    )
