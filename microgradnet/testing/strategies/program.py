"""A program as data: inputs, and a list of steps whose operands refer to what came before.

Being a list and not code, it can be evaluated by any library, cut down, and printed as
Python that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...declare import CASES
from .operations import INDEXING, Operation, written

GETITEM = INDEXING[0]

Names = dict[str, Any]  # name -> number, array, or whatever a library has in its place
Call = Callable[..., Any]


@dataclass(frozen=True)
class Ref:
    """A back-reference: the input or the result of that name."""

    name: str

    def __repr__(self) -> str:
        return self.name


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Change the leaves of the tuples and lists of an argument."""
    if isinstance(tree, tuple | list):
        return type(tree)(mapped(branch, change) for branch in tree)
    return change(tree)


def leaves(tree: Any) -> Iterator[Any]:
    """List the leaves of the tuples and lists of an argument."""
    if isinstance(tree, tuple | list):
        for branch in tree:
            yield from leaves(branch)
    else:
        yield tree


@dataclass(frozen=True)
class Step:
    """One call, the name of its result, and which of several results that is."""

    name: str
    operation: Operation
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    pick: int | None = None
    symmetric: bool = False  # operands are ``w + swapaxes(w)``: only one triangle is read

    def refs(self) -> list[str]:
        """Names of the operands, each as often as it is used."""
        everything = (self.args, tuple(self.kwargs.values()))
        return [leaf.name for leaf in leaves(everything) if isinstance(leaf, Ref)]

    def with_operands(self, change: Callable[[Any], Any]) -> Step:
        """Change the leaves of the arguments."""
        kwargs = {key: mapped(a, change) for key, a in self.kwargs.items()}
        return replace(self, args=mapped(self.args, change), kwargs=kwargs)


def argument(tree: Any, held: Callable[[Any], str]) -> str:
    """Write an argument, its leaves by the names that they are held under."""
    if not isinstance(tree, tuple | list):
        return held(tree)
    inside = "".join(f"{argument(branch, held)}, " for branch in tree)
    return f"({inside})" if isinstance(tree, tuple) else f"[{inside}]"


def compute(step: Step, names: Names) -> Any:
    """Compute the result of a step from the results before it, in NumPy."""

    def fill(leaf: Any) -> Any:
        return names[leaf.name] if isinstance(leaf, Ref) else leaf

    filled = step.with_operands(fill)
    out = step.operation.function(*filled.args, **filled.kwargs)
    return out if step.pick is None else out[step.pick]


def renaming(names: dict[str, str]) -> Callable[[Any], Any]:
    """Make what puts other names into references."""
    return lambda leaf: Ref(names[leaf.name]) if isinstance(leaf, Ref) else leaf


def weights(shape: tuple[int, ...]) -> Any:
    """Weigh the elements of an output, without symmetries; 1 for a scalar."""
    if not shape:
        return 1.0
    return np.round(np.cos(1.0 + np.arange(int(np.prod(shape)))), 2).reshape(shape)


@dataclass(frozen=True, repr=False)
class Program:
    """A scalar function of its inputs: the weighted sum of all results that no step uses."""

    inputs: dict[str, Any]
    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        return self.source()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.source())  # what Hypothesis and IPython print

    @cached_property
    def values(self) -> Names:
        """All inputs and results, in NumPy."""
        names = dict(self.inputs)
        with np.errstate(all="ignore"):
            for step in self.steps:
                names[step.name] = compute(step, names)
        return names

    @cached_property
    def outputs(self) -> list[str]:
        """Results that no step uses."""
        used = {name for step in self.steps for name in step.refs()}
        return [step.name for step in self.steps if step.name not in used]

    @cached_property
    def scales(self) -> Names:
        """The weights of each output."""
        return {name: weights(np.shape(self.values[name])) for name in self.outputs}

    @cached_property
    def function(self) -> Call:
        """The loss as a function of the inputs, of whatever NumPy's functions take."""
        return self.compiled({step.name: step.operation.function for step in self.steps})

    def __call__(self, *inputs: Any) -> Any:
        """Compute the loss for other inputs."""
        return self.function(*inputs)

    def compiled(self, calls: dict[str, Call], constant: Call | None = None) -> Call:
        """Make a function of the loss: `calls` has what each step calls.

        ``constant`` is applied to the constants among the arguments. Python is written and
        compiled because that is several times as quick as walking through the steps.
        """
        constants: dict[str, Any] = {f"f_{name}": call for name, call in calls.items()}

        def held(leaf: Any) -> str:
            if isinstance(leaf, Ref):
                return leaf.name
            name = f"k{len(constants)}"
            constants[name] = constant(leaf) if constant is not None else leaf
            return name

        lines = [f"def loss({', '.join(self.inputs)}):"]
        for step in self.steps:
            args = [argument(a, held) for a in step.args]
            args += [f"{key}={argument(a, held)}" for key, a in step.kwargs.items()]
            pick = "" if step.pick is None else f"[{step.pick}]"
            lines.append(f"    {step.name} = f_{step.name}({', '.join(args)}){pick}")
        terms = [
            f"({name} * {held(scale)}).sum()" if np.shape(scale) else name
            for name, scale in self.scales.items()
        ]
        lines.append(f"    return {' + '.join(terms) or '0.0'}")
        exec(compile("\n".join(lines), "<program>", "exec"), constants)
        function: Call = constants["loss"]
        return function

    @property
    def size(self) -> tuple[int, int, int]:
        """By what programs are smaller than others: steps, entries, length when printed."""
        entries = sum(int(np.size(x)) for x in self.inputs.values())
        return len(self.steps), entries, len(self.source())

    def needed(self) -> Program:
        """Drop the inputs that nothing uses, and number the others and the steps anew."""
        used = [k for k in self.inputs if any(k in step.refs() for step in self.steps)]
        names = {name: f"x{i}" for i, name in enumerate(used)}
        names |= {step.name: f"v{i}" for i, step in enumerate(self.steps)}
        steps = [
            replace(step.with_operands(renaming(names)), name=names[step.name])
            for step in self.steps
        ]
        return Program({names[k]: self.inputs[k] for k in used}, tuple(steps))

    def without_dead_code(self, outputs: Iterable[str]) -> Program:
        """Keep what the results named `outputs` depend on."""
        needed, steps = set(outputs), []
        for step in reversed(self.steps):
            if step.name in needed:
                needed.update(step.refs())
                steps.append(step)
        return Program(self.inputs, tuple(reversed(steps))).needed()

    def entries(self) -> list[Program]:
        """Give a program for each entry of the only output; none if that is a scalar."""
        (output,) = self.outputs
        shape = np.shape(self.values[output])
        name = f"v{len(self.steps)}"
        return [
            Program(self.inputs, (*self.steps, Step(name, GETITEM, (Ref(output), index), {})))
            for index in np.ndindex(shape)
            if shape
        ]

    def alone(self, step: Step) -> Program:
        """Give the program of one step: its operands become inputs.

        With it come the two steps that make an operand symmetric.
        """
        inputs = {name: plain(self.values[name]) for name in self.read_by(step)}
        return Program(inputs, self._with_symmetry(step)).needed()

    def read_by(self, step: Step) -> list[str]:
        """Name the operands of `step`, in the order of the inputs of its program `alone`."""
        steps = self._with_symmetry(step)
        made = {s.name for s in steps}
        return list(dict.fromkeys(name for s in steps for name in s.refs() if name not in made))

    def _with_symmetry(self, step: Step) -> tuple[Step, ...]:
        return (*(self.symmetrizing(step) or []), step)

    def symmetrizing(self, step: Step) -> list[Step] | None:
        """Find the two steps ``swapaxes(w)`` and ``w + ...`` of each operand; None if gone."""
        if not step.symmetric:
            return []
        by_name = {s.name: s for s in self.steps}
        found: list[Step] = []
        for name in dict.fromkeys(step.refs()):
            add = by_name.get(name)
            flip = by_name.get(add.refs()[-1]) if add and add.operation.name == "np.add" else None
            if add is None or flip is None or add.refs() != [flip.refs()[0], flip.name]:
                return None
            found += [flip, add]
        return found

    @property
    def sound(self) -> bool:
        """Whether what must be symmetric is so, whatever the inputs are."""
        return all(self.symmetrizing(step) is not None for step in self.steps)

    def source(self) -> str:
        """Print it as Python that runs."""
        lines = ["import numpy as np"]
        if any(is_primitive(step.operation) for step in self.steps):
            lines.append("from microgradnet.graph import PRIMITIVES")
        steps = [line for step in self.steps for line in lines_of(step, spelled(step))]
        if any("CASES[" in line for line in steps):
            lines.append("from microgradnet.declare import CASES")
        lines += ["", *(f"{name} = {literal(x)}" for name, x in self.inputs.items())]
        return "\n".join([*lines, *steps, f"loss = {self.loss_source()}"])

    def loss_source(self, array: str = "np.array({})") -> str:
        """Print the loss; `array` says what an array of constants looks like."""
        terms = []
        for name, scale in self.scales.items():
            term = f"({name} * {literal(scale, array)}).sum()" if np.shape(scale) else name
            terms.append(term)
        return " + ".join(terms) or "0.0"


def is_primitive(operation: Operation) -> bool:
    """Whether it is called through the table of primitives."""
    return "." not in operation.name and operation.name not in ("getitem", "setitem")


def plain(x: Any) -> Any:
    """Give a float for a scalar, an array of its own otherwise."""
    return float(x) if np.shape(x) == () else np.array(x, np.float64)


def spelled(step: Step) -> str:
    """Print the function that a step calls."""
    name = step.operation.name
    return f'PRIMITIVES["{name}"]' if is_primitive(step.operation) else name


def literal(x: Any, array: str = "np.array({})") -> str:
    """Print a constant, or a name, as Python."""
    if isinstance(x, np.ndarray):
        text = array.format(repr(x.tolist()))
        if not x.size:
            return f"np.empty({x.shape})" if x.dtype.kind == "f" else f"np.zeros({x.shape}, int)"
        return text.replace("nan", "np.nan").replace("inf", "np.inf")
    if isinstance(x, np.generic):
        return repr(x.item())
    if isinstance(x, float) and not np.isfinite(x):
        return f'float("{x}")'
    if x is Ellipsis:
        return "..."
    if isinstance(x, list):
        return "[" + ", ".join(literal(branch, array) for branch in x) + "]"
    if isinstance(x, tuple):
        inside = ", ".join(literal(branch, array) for branch in x)
        return f"({inside},)" if len(x) == 1 else f"({inside})"
    if callable(x):
        return written(x) or declared_at(x)
    return repr(x)


def declared_at(x: Any) -> str:
    """Print the place of an object without a name among the declared calls."""
    for function, cases in CASES.items():
        for i, declared in enumerate(cases):
            if (place := place_of(x, declared.args)) is not None:
                return f"CASES[{written(function)}][{i}].args{place}"
    return repr(x)


def place_of(x: Any, tree: Any) -> str | None:
    """Print the indices by which an object is reached in tuples and lists."""
    if tree is x:
        return ""
    if isinstance(tree, tuple | list):
        for i, branch in enumerate(tree):
            if (place := place_of(x, branch)) is not None:
                return f"[{i}]{place}"
    return None


def index_source(index: Any) -> str:
    """Print what stands between the brackets."""
    if isinstance(index, tuple) and index:
        return ", ".join(map(index_source, index))
    if isinstance(index, slice):
        start, stop, stride = ("" if i is None else str(i) for i in _parts(index))
        return f"{start}:{stop}:{stride}" if stride else f"{start}:{stop}"
    return literal(index)


def _parts(index: slice) -> tuple[Any, Any, Any]:
    return index.start, index.stop, index.step


def lines_of(step: Step, call: str, array: str = "np.array({})") -> list[str]:
    """Print a step that calls `call`; two lines for an assignment."""
    if step.operation.name == "getitem":
        x, index = step.args
        return [f"{step.name} = {x!r}[{index_source(index)}]"]
    if step.operation.name == "setitem":
        x, index, value = step.args
        first = f"{step.name} = 1.0 * {x!r}"
        return [first, f"{step.name}[{index_source(index)}] = {literal(value, array)}"]
    args = [literal(a, array) for a in step.args]
    args += [f"{key}={literal(a, array)}" for key, a in step.kwargs.items()]
    pick = "" if step.pick is None else f"[{step.pick}]"
    return [f"{step.name} = {call}({', '.join(args)}){pick}"]
