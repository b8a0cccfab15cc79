"""One face for every library that differentiates: its words for a program, and its derivatives.

An engine *spells* a step: which of its own functions computes it, with which arguments. The
same spelling is called and printed, so a reproducer is what was run.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import transforms
from ..strategies.operations import Operation
from ..strategies.program import Program, Step, is_primitive
from .torch_words import FIRST, TORCH

Vectors = list[Any]


class Unsupported(Exception):
    """The engine has no word for a step, or says that it has no derivative for it."""


@dataclass(frozen=True)
class Spelled:
    """A step in an engine's words: its path to the function, and the arguments it takes."""

    path: str
    step: Step


def version_of(module: Any) -> str:
    """Give a library's version: what it says, or what it was installed as."""
    said = getattr(module, "__version__", None)
    return str(said or importlib.metadata.version(module.__name__))


class Engine:
    """What the fuzzer asks of a library; the defaults suit those that imitate NumPy."""

    name = ""
    package = ""
    prefix = ""  # what stands in place of ``np``
    array = "np.array({})"  # how a constant array is printed
    absent: frozenset[str] = frozenset()
    every = 1  # of so many programs one is put to it

    def __init__(self) -> None:
        self.module = importlib.import_module(self.package)
        self.version = version_of(self.module)
        self.home = importlib.import_module(self.prefix_module())

    def prefix_module(self) -> str:
        """Name the module that the prefix stands for."""
        return self.package

    @property
    def title(self) -> str:
        """Name and version, and how often it is asked."""
        seldom = f" (asked about one program in {self.every})" if self.every > 1 else ""
        return f"{self.name} {self.version}{seldom}"

    # --- words ------------------------------------------------------------------------------

    def spell(self, step: Step) -> Spelled:
        """Say a step in this library's words."""
        name = step.operation.name
        if name == "getitem":
            return Spelled(name, step)
        if name in self.absent or name == "setitem" or is_primitive(step.operation):
            raise Unsupported(name)
        if any(callable(leaf) for leaf in _flat((step.args, tuple(step.kwargs.values())))):
            raise Unsupported(name)  # a function of Values means other things elsewhere
        path = name.removeprefix("np.")
        if self.found(path) is None:
            raise Unsupported(name)
        return Spelled(f"{self.prefix}.{path}", step)

    def knows(self, operation: Operation) -> bool:
        """Whether there is a word for an operation at all, whatever its arguments."""
        try:
            self.spell(Step("v0", operation, (), {}))
        except Unsupported:
            return False
        return True

    def found(self, path: str) -> Any:
        """Look a dotted path up in the library."""
        home: Any = self.home
        for part in path.split("."):
            home = getattr(home, part, None)
        return home

    def function(self, spelled: Spelled) -> Callable[..., Any]:
        """Give what a spelled step calls."""
        if spelled.path in ("getitem", "setitem"):
            return spelled.step.operation.function
        function: Callable[..., Any] = self.found(spelled.path.removeprefix(f"{self.prefix}."))
        return function

    def constant(self, leaf: Any) -> Any:
        """Turn a constant of a program into one that the library takes."""
        return leaf

    def translated(self, program: Program) -> Callable[..., Any]:
        """Give the program as a function of this library's arrays.

        Raises
        ------
        Unsupported
            If the library has no word for one of the steps.
        """
        spelled = [self.spell(step) for step in program.steps]
        calls = {s.step.name: self.function(s) for s in spelled}
        mine = replace(program, steps=tuple(s.step for s in spelled))
        # Weights follow from NumPy's results, not from this library's words.
        mine.__dict__["scales"] = program.scales
        return mine.compiled(calls, self.constant)

    # --- derivatives --------------------------------------------------------------------------

    def value(self, f: Callable[..., Any], xs: Vectors) -> float:
        """Compute without derivatives."""
        return float(f(*xs))

    def gradient(self, f: Callable[..., Any], xs: Vectors) -> tuple[float, Vectors]:
        """Compute the value, and differentiate in reverse."""
        raise NotImplementedError

    def forward(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> float:
        """Differentiate forward, along `ts`."""
        raise Unsupported("forward mode")

    def hvp(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> Vectors:
        """Multiply the Hessian by `ts`."""
        raise Unsupported("second derivatives")

    def says_unsupported(self, error: Exception) -> bool:
        """Whether an error says that there is no derivative, rather than being one."""
        if isinstance(error, Unsupported | NotImplementedError):
            return True
        said = str(error).lower()
        words = (
            *("not implemented", "not defined", "not supported", "not yet", "unsupported"),
            "unexpected keyword",
        )
        return any(word in said for word in words)


def _flat(tree: Any) -> list[Any]:
    if not isinstance(tree, tuple | list):
        return [tree]
    return [x for branch in tree for x in _flat(branch)]


class Microgradnet(Engine):
    """The library itself, which takes NumPy's own functions."""

    name = package = "microgradnet"
    prefix = "np"

    def prefix_module(self) -> str:
        """NumPy itself."""
        return "numpy"

    def spell(self, step: Step) -> Spelled:
        """Say it as it is declared."""
        return Spelled(step.operation.name, step)

    def function(self, spelled: Spelled) -> Callable[..., Any]:
        """Give the operation's own function."""
        return spelled.step.operation.function

    def value(self, f: Callable[..., Any], xs: Vectors) -> float:
        """Compute on Values, as a derivative would."""
        return self.gradient(f, xs)[0]

    def gradient(self, f: Callable[..., Any], xs: Vectors) -> tuple[float, Vectors]:
        """Compute the value, and differentiate in reverse."""
        value, gs = transforms.value_and_grad(f, argnums=tuple(range(len(xs))))(*xs)
        return float(value), list(gs)

    def forward(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> float:
        """Differentiate forward, along `ts`."""
        return float(transforms.jvp(f, tuple(xs), tuple(ts))[1])

    def hvp(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> Vectors:
        """Multiply the Hessian by `ts`."""
        out = transforms.hvp(f, tuple(xs), tuple(ts))
        return list(out) if isinstance(out, tuple) else [out]


class Autograd(Engine):
    """HIPS autograd."""

    name = package = "autograd"
    prefix = "anp"
    # `np.linalg.trace` and the like are absent from its module and found missing by name.

    def prefix_module(self) -> str:
        """Its wrapped NumPy."""
        return "autograd.numpy"

    def gradient(self, f: Callable[..., Any], xs: Vectors) -> tuple[float, Vectors]:
        """Compute the value, and differentiate in reverse."""
        value, gs = self.module.value_and_grad(f, tuple(range(len(xs))))(*xs)
        return float(value), list(gs)

    def forward(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> float:
        """Differentiate forward, along `ts`."""
        return float(self.module.make_jvp(lambda t: f(*t))(tuple(xs))(tuple(ts))[1])

    def hvp(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> Vectors:
        """Multiply the Hessian by `ts`."""
        where = tuple(range(len(xs)))

        def slope(*xs: Any) -> Any:
            gs = self.module.grad(f, where)(*xs)
            return sum(self.home.sum(g * t) for g, t in zip(gs, ts, strict=True))

        return list(self.module.grad(slope, where)(*xs))


class Jax(Engine):
    """JAX, in float64."""

    name = package = "jax"
    prefix = "jnp"
    # It compiles each function for each shape: a second a program, which others take 0.03 for.
    every = 48

    def __init__(self) -> None:
        super().__init__()
        self.module.config.update("jax_enable_x64", True)

    def prefix_module(self) -> str:
        """Its NumPy."""
        return "jax.numpy"

    def value(self, f: Callable[..., Any], xs: Vectors) -> float:
        """Compute without derivatives."""
        return float(f(*map(self.home.asarray, xs)))

    def gradient(self, f: Callable[..., Any], xs: Vectors) -> tuple[float, Vectors]:
        """Compute the value, and differentiate in reverse."""
        both = self.module.value_and_grad(f, tuple(range(len(xs))))
        value, gs = both(*map(self.home.asarray, xs))
        return float(value), [np.asarray(g) for g in gs]

    def forward(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> float:
        """Differentiate forward, along `ts`."""
        asarray = self.home.asarray
        return float(self.module.jvp(f, tuple(map(asarray, xs)), tuple(map(asarray, ts)))[1])

    def hvp(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> Vectors:
        """Multiply the Hessian by `ts`, forward over reverse."""
        asarray, where = self.home.asarray, tuple(range(len(xs)))
        gradient = self.module.grad(f, where)
        out = self.module.jvp(gradient, tuple(map(asarray, xs)), tuple(map(asarray, ts)))[1]
        return [np.asarray(h) for h in out]


class MyGrad(Engine):
    """MyGrad: reverse mode, first order."""

    name = package = "mygrad"
    prefix = "mg"

    def spell(self, step: Step) -> Spelled:
        """Say it; assignment works here as it does in NumPy."""
        return Spelled("setitem", step) if step.operation.name == "setitem" else super().spell(step)

    def value(self, f: Callable[..., Any], xs: Vectors) -> float:
        """Compute without derivatives."""
        return float(f(*map(self.module.tensor, xs)).item())

    def gradient(self, f: Callable[..., Any], xs: Vectors) -> tuple[float, Vectors]:
        """Compute the value, and differentiate in reverse."""
        tensors = [self.module.tensor(np.array(x)) for x in xs]
        y = f(*tensors)
        y.backward()
        zeros = [np.zeros(np.shape(x)) for x in xs]
        gs = [z if t.grad is None else t.grad for t, z in zip(tensors, zeros, strict=True)]
        return float(y.item()), gs


class Torch(Engine):
    """PyTorch, in float64; it has words of its own (``torch_words.py``)."""

    name = package = "torch"
    prefix = "torch"
    array = "torch.tensor({})"

    def __init__(self) -> None:
        super().__init__()
        self.module.set_num_threads(1)

    def spell(self, step: Step) -> Spelled:
        """Translate the function's name and its keywords; arguments go by name."""
        name = step.operation.name
        if name == "setitem":
            return Spelled(name, step)
        if name == "getitem":
            if -1 in [getattr(i, "step", None) for i in _flat(step.args[1:])]:
                raise Unsupported("negative strides")
            return Spelled(name, step)
        word = TORCH.get(name)
        args = word(step) if word is not None else None
        if word is None or args is None:
            raise Unsupported(name)
        path, positional, keywords = args
        pick = 0 if name in FIRST else step.pick
        mine = replace(step, args=positional, kwargs=keywords, pick=pick)
        return Spelled(f"torch.{path}", mine)

    def constant(self, leaf: Any) -> Any:
        """Arrays become tensors."""
        return self.module.as_tensor(np.array(leaf)) if isinstance(leaf, np.ndarray) else leaf

    def knows(self, operation: Operation) -> bool:
        """Whether there is a word for it."""
        return operation.name in ("getitem", "setitem", *TORCH)

    def _tensors(self, xs: Sequence[Any], requires_grad: bool = False) -> list[Any]:
        dtype = self.module.float64
        return [
            self.module.tensor(np.array(x), dtype=dtype, requires_grad=requires_grad) for x in xs
        ]

    def value(self, f: Callable[..., Any], xs: Vectors) -> float:
        """Compute without derivatives."""
        return float(f(*self._tensors(xs)))

    def gradient(self, f: Callable[..., Any], xs: Vectors) -> tuple[float, Vectors]:
        """Compute the value, and differentiate in reverse."""
        tensors = self._tensors(xs, requires_grad=True)
        y = f(*tensors)
        return float(y), self._numbers(self._gradients(y, tensors), xs)

    def _gradients(self, y: Any, tensors: Sequence[Any], **how: Any) -> Sequence[Any]:
        if not y.requires_grad:
            return [None] * len(tensors)
        gradients: Sequence[Any] = self.module.autograd.grad(y, tensors, allow_unused=True, **how)
        return gradients

    @staticmethod
    def _numbers(gs: Sequence[Any], xs: Sequence[Any]) -> Vectors:
        return [
            np.zeros(np.shape(x)) if g is None else g.numpy(force=True)
            for g, x in zip(gs, xs, strict=True)
        ]

    def forward(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> float:
        """Differentiate forward, along `ts`."""
        primals, tangents = tuple(self._tensors(xs)), tuple(self._tensors(ts))
        return float(self.module.func.jvp(f, primals, tangents)[1])

    def hvp(self, f: Callable[..., Any], xs: Vectors, ts: Vectors) -> Vectors:
        """Multiply the Hessian by `ts`, reverse over reverse."""
        tensors, tangents = self._tensors(xs, requires_grad=True), self._tensors(ts)
        gs = self._gradients(f(*tensors), tensors, create_graph=True)
        slope = sum(
            ((g * t).sum() for g, t in zip(gs, tangents, strict=True) if g is not None),
            start=self.module.zeros(()),
        )
        return self._numbers(self._gradients(slope, tensors), xs)


KINDS: dict[str, type[Engine]] = {
    kind.name: kind for kind in (Microgradnet, Torch, Jax, Autograd, MyGrad)
}
