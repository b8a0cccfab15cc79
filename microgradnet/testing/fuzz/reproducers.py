"""A fault as a script in the engine's own words, that anyone who has it can run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..strategies.program import Program, is_primitive, lines_of, literal, spelled
from .engines import Engine

# What is asked for: `{xs}` and `{ts}` are tuples, `{where}` the places of the inputs.
DERIVATIVES: dict[str, dict[str, str]] = {
    "microgradnet": {
        "gradient": "grad(f, {where})(*{xs})",
        "forward": "jvp(f, {xs}, {ts})[1]",
        "hvp": "hvp(f, {xs}, {ts})",
    },
    "autograd": {
        "gradient": "grad(f, {where})(*{xs})",
        "forward": "make_jvp(lambda xs: f(*xs))({xs})({ts})[1]",
        "hvp": "grad(lambda *xs: sum((g * t).sum() for g, t in zip(grad(f, {where})(*xs), {ts})),"
        " {where})(*{xs})",
    },
    "jax": {
        "gradient": "jax.grad(f, {where})(*{xs})",
        "forward": "jax.jvp(f, {xs}, {ts})[1]",
        "hvp": "jax.jvp(jax.grad(f, {where}), {xs}, {ts})[1]",
    },
    "torch": {
        "gradient": "torch.autograd.functional.jacobian(f, {xs})",
        "forward": "torch.func.jvp(f, {xs}, {ts})[1]",
        "hvp": "torch.autograd.functional.hvp(f, {xs}, {ts})[1]",
    },
}

IMPORTS: dict[str, tuple[str, ...]] = {
    "microgradnet": ("import numpy as np", "from microgradnet import grad, hvp, jvp"),
    "autograd": (
        "import numpy as np",
        "import autograd.numpy as anp",
        "from autograd import grad, make_jvp",
    ),
    "jax": (
        "import jax",
        "import jax.numpy as jnp",
        "import numpy as np",
        'jax.config.update("jax_enable_x64", True)',
    ),
    "torch": (
        "import numpy as np",
        "import torch",
        "torch.set_default_dtype(torch.float64)",
    ),
    "mygrad": ("import mygrad as mg", "import numpy as np"),
}

INPUT = {"jax": "jnp.array({})", "torch": "torch.tensor({})"}


def reproducer(program: Program, engine: Engine, kind: str, direction: Sequence[Any]) -> str:
    """Print a script that shows a fault.

    Parameters
    ----------
    program : Program
        The program.
    engine : Engine
        Whose words to use.
    kind : str
        Of fault: it says which derivative is asked for.
    direction : sequence
        The tangents, for forward mode and second order.

    Returns
    -------
    str
        Python.
    """
    array = engine.array
    steps = []
    for step in program.steps:
        said = engine.spell(step)
        call = spelled(step) if engine.name == "microgradnet" else said.path
        steps += lines_of(said.step, call, array)
    lines = list(IMPORTS[engine.name])
    if engine.name == "microgradnet" and any(is_primitive(s.operation) for s in program.steps):
        lines.append("from microgradnet.graph import PRIMITIVES")
    if any("CASES[" in line for line in steps):
        lines.append("from microgradnet.declare import CASES")
    lines += [f"\ndef f({', '.join(program.inputs)}):"]
    lines += [f"    {line}" for line in (*steps, f"return {program.loss_source(array)}")]
    return "\n".join([*lines, "", *asked(program, engine, kind, direction)])


def asked(program: Program, engine: Engine, kind: str, direction: Sequence[Any]) -> list[str]:
    """Print what is asked of the function."""

    def written(x: Any) -> str:
        style = INPUT.get(engine.name, "np.array({})")
        return (
            style.format(x) if isinstance(x, float) and engine.name in INPUT else literal(x, style)
        )

    xs = [written(x) for x in program.inputs.values()]
    if engine.name == "mygrad":
        lines = [f"{k} = mg.tensor({x})" for k, x in zip(program.inputs, xs, strict=True)]
        if kind == "value":
            return [*lines, f"print(f({', '.join(program.inputs)}))"]
        shown = ", ".join(f"{name}.grad" for name in program.inputs)
        return [*lines, f"f({', '.join(program.inputs)}).backward()", f"print({shown})"]
    if kind == "value":
        return [f"print(f({', '.join(xs)}))"]
    what = kind if kind in ("forward", "hvp") else "gradient"
    where = "(" + "".join(f"{i}, " for i in range(len(xs))).rstrip() + ")"
    filled = DERIVATIVES[engine.name][what].format(
        where=where, xs=tuple_of(xs), ts=tuple_of([written(t) for t in direction])
    )
    return [f"print({filled})"]


def tuple_of(items: Sequence[str]) -> str:
    """Print a tuple of what is printed already."""
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
