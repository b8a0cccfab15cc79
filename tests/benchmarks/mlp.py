"""Gradient of a tanh network's squared error with respect to all weights and biases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from microgradnet import Value, value_and_grad

from .common import Contest, Engine, peer

Layers = list[tuple[Any, Any]]  # (weights, biases) of each layer


def network(sizes: tuple[int, ...], batch: int, dtype: str) -> tuple[Layers, Any, Any]:
    """Draw weights, inputs and targets."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> Any:
        return (rng.normal(size=shape) / np.sqrt(shape[0])).astype(dtype)

    layers = [(draw(m, n), draw(n)) for m, n in pairwise(sizes)]
    return layers, rng.normal(size=(batch, sizes[0])).astype(dtype), draw(batch, sizes[-1])


def squared_error(np_: Any, layers: Layers, x: Any, y: Any) -> Any:
    """State the loss in the words of any of the engines."""
    *hidden, (weights, biases) = layers
    for w, b in hidden:
        x = np_.tanh(x @ w + b)
    return np_.sum((x @ weights + biases - y) ** 2) / len(y)


def by_hand(layers: Layers, x: Any, y: Any) -> tuple[Any, Layers]:
    """Forward and backward pass as the textbook has them, in place where nothing is lost."""
    activations = [x]
    for w, b in layers:
        x = x @ w
        x += b
        if w is not layers[-1][0]:
            np.tanh(x, out=x)
        activations.append(x)
    g = activations.pop()
    g -= y
    loss = np.vdot(g, g) / len(y)
    g *= 2 / len(y)
    gradients = []
    for i in reversed(range(len(layers))):
        a = activations[i]
        gradients.append((a.T @ g, g.sum(axis=0)))
        if i:
            g = g @ layers[i][0].T
            slope = a * a
            np.subtract(1, slope, out=slope)
            g *= slope
    gradients.reverse()
    return loss, gradients


def flat(out: tuple[Any, Layers]) -> list[Any]:
    """Put the loss and all gradients in one list."""
    return [out[0], *(g for pair in out[1] for g in pair)]


def with_values(layers: Layers, x: Any, y: Any) -> Engine:
    """Keep the parameters as Values between steps, as PyTorch and MyGrad keep their tensors."""
    leaves = [(Value(w), Value(b)) for w, b in layers]
    parameters = [p for pair in leaves for p in pair]

    def run() -> Any:
        for p in parameters:
            p.grad = None
        loss = squared_error(np, leaves, x, y)
        loss.backward()
        return loss

    return Engine(run, lambda loss: [loss.data, *(p.grad for p in parameters)])


def _torch(torch: Any, layers: Layers, x: Any, y: Any) -> Engine:
    leaves = [tuple(torch.tensor(p, requires_grad=True) for p in pair) for pair in layers]
    parameters = [p for pair in leaves for p in pair]
    x, y = torch.tensor(x), torch.tensor(y)

    def run() -> Any:
        for p in parameters:
            p.grad = None
        loss = squared_error(torch, leaves, x, y)
        loss.backward()
        return loss

    return Engine(run, lambda loss: [loss.detach().numpy(), *(p.grad.numpy() for p in parameters)])


def _autograd(autograd: Any, layers: Layers, x: Any, y: Any) -> Engine:
    f = autograd.value_and_grad(lambda layers: squared_error(autograd.numpy, layers, x, y))
    return Engine(lambda: f(layers), flat)


def _mygrad(mg: Any, layers: Layers, x: Any, y: Any) -> Engine:
    leaves = [tuple(mg.tensor(p) for p in pair) for pair in layers]

    def run() -> Any:
        loss = squared_error(mg, leaves, x, y)
        loss.backward()
        return loss

    return Engine(run, lambda loss: [loss.data, *(p.grad for pair in leaves for p in pair)])


def _jax(jax: Any, layers: Layers, x: Any, y: Any) -> Engine:
    jax.config.update("jax_enable_x64", True)
    f = jax.jit(jax.value_and_grad(lambda *args: squared_error(jax.numpy, *args)))
    layers, x, y = jax.tree.map(jax.numpy.asarray, (layers, x, y))
    return Engine(lambda: jax.block_until_ready(f(layers, x, y)), flat)


def contest(sizes: tuple[int, ...], batch: int, dtype: str, target: float) -> Contest:
    layers, x, y = network(sizes, batch, dtype)
    ours = value_and_grad(lambda layers: squared_error(np, layers, x, y))
    everybody = dict.fromkeys(["PyTorch", "autograd", "MyGrad", "JAX (jit)"], 1.0)
    return Contest(
        f"tanh network {'-'.join(map(str, sizes))}, batch {batch}, {dtype}",
        {
            "hand-written NumPy": lambda: Engine(lambda: by_hand(layers, x, y), flat),
            "microgradnet": lambda: with_values(layers, x, y),
            "microgradnet, value_and_grad": lambda: Engine(lambda: ours(layers), flat),
            "PyTorch": peer("torch", _torch, layers, x, y),
            "autograd": peer("autograd", _autograd, layers, x, y),
            "MyGrad": peer("mygrad", _mygrad, layers, x, y),
            "JAX (jit)": peer("jax", _jax, layers, x, y),
            "micrograd": lambda: "has no arrays and no tanh",
        },
        {"hand-written NumPy": target, **everybody},
        # Sums of up to 784 products in another order: 784 roundings at the worst, times the
        # unit roundoff, which float32 has at 6e-8.
        rtol=1e-9 if dtype == "float64" else 784 * 6e-8,
        rounds=25,
    )


SMALL = ((2, 16, 16, 1), 32, "float64")
MEDIUM = ((64, 128, 128, 10), 64, "float64")
LARGE = ((784, 512, 256, 10), 128, "float32")


def contests() -> Iterator[Contest]:
    targets = ((SMALL, 2.0), (MEDIUM, 1.4), (LARGE, 1.1))
    return (contest(*shape, target) for shape, target in targets)
