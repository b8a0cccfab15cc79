"""Which engines are wrong about a program, in which way: NumPy and the checker decide.

A cheap screen comes first: the engines' gradients agree, and with the slope along one random
line. Only what it cannot clear is judged element by element by ``gradcheck``.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import MicrogradnetError
from ..differences import EPS, Line
from ..strategies.program import Program
from .engines import Engine, Unsupported, Vectors
from .oracle import judgeable, right_somewhere, verdict
from .reduction import valid
from .screen import between, close, confirms, direction, flat, trusted_slope
from .smoothness import jumps, kinked

THOROUGH = 12  # of so many gradients at kinks one is judged in full, which takes a second
LINES = 8  # along which the others are looked at

DRAWS = 24  # a sign of nothing but roundoff turns in half of them

KINDS = ("value", "error", "shape", "nan", "gradient", "forward", "hvp")

# Functions whose results are fixed up to signs or an order: libraries may choose differently.
GAUGE = frozenset(
    [
        "np.linalg.svd",
        "np.linalg.eig",
        "np.linalg.eigh",
        "np.linalg.qr",
        "np.linalg.eigvals",
        "np.roots",
    ]
)


@dataclass(frozen=True)
class Fault:
    """What an engine says that is not so; along `direction`, if that is forward or second order."""

    engine: str
    kind: str
    got: Any = None
    why: str = ""
    direction: tuple[Any, ...] = ()
    program: Program | None = None  # the part of the program that shows it


@dataclass
class Session:
    """The engines, and how many kinks were met."""

    engines: dict[str, Engine]
    kinks: int = 0

    def faults(
        self, program: Program, asked: Sequence[str] | None = None, sure: bool = False
    ) -> list[Fault]:
        """Run a program through all engines (or those asked), and judge their answers.

        Of kinks one in so many is judged in full, or each, to be `sure`.
        """
        if not program.steps or not np.isfinite(program(*program.inputs.values())):
            return []
        with np.errstate(all="ignore"):
            trial = _Trial(program, self, asked, sure)
            found = trial.run()
            heard = {*trial.gradients, *(fault.engine for fault in found)}
            unheard = [name for name in trial.engines if name not in heard]
            # They lack one of the steps; what they say of the others is worth hearing.
            for name, step in itertools.product(unheard, program.steps):
                part = program.alone(step)
                if len(program.steps) > 1 and valid(part):
                    found += _Trial(part, self, [name], sure).run()
            return found


class _Trial:
    """One program, at its inputs, along one random direction."""

    def __init__(
        self, program: Program, session: Session, asked: Sequence[str] | None, sure: bool
    ) -> None:
        self.program, self.session, self.asked, self.sure = program, session, asked, sure
        self.engines = {k: e for k, e in session.engines.items() if asked is None or k in asked}
        self.xs = list(program.inputs.values())
        self.expected = float(program(*self.xs))
        self.ts = direction(self.xs, len(program.steps))
        self.functions: dict[str, Any] = {}
        self.gradients: dict[str, Vectors] = {}
        self.found: list[Fault] = []

    def run(self) -> list[Fault]:
        """Judge values, then gradients, then what builds on these."""
        for name, engine in self.engines.items():
            self.ask(name, engine)
        self.judge_gradients()
        good = self.gradients.keys() - {fault.engine for fault in self.found}
        self.judge_forward(good)
        self.judge_second_order(good)
        return self.found

    def fault(self, engine: str, kind: str, got: Any = None, why: str = "") -> None:
        """Note one."""
        self.found.append(Fault(engine, kind, got, why, tuple(self.ts), self.program))

    # --- first order ----------------------------------------------------------------------------

    def ask(self, name: str, engine: Engine) -> None:
        """Get an engine's value and gradient, unless it has none."""
        try:
            f = engine.translated(self.program)
        except Unsupported:
            return
        try:
            value, gs = engine.gradient(f, [_copy(x) for x in self.xs])
        except Exception as error:  # any: what an engine raises is its own affair
            self.blame(name, engine, f, error)
            return
        if not self.same_value(value):
            if not self.has_gauge():
                self.fault(name, "value", value)
            return
        shapes = [np.shape(g) for g in gs]
        if shapes != [np.shape(x) for x in self.xs]:
            self.fault(name, "shape", gs, f"shapes {shapes}")
            return
        self.functions[name], self.gradients[name] = f, gs

    def has_gauge(self) -> bool:
        """Whether libraries may differ about signs."""
        return any(step.operation.name in GAUGE for step in self.program.steps)

    def same_value(self, value: float) -> bool:
        """Whether a value is NumPy's, up to the rounding of the terms that it adds up."""
        names, scales = self.program.values, self.program.scales
        size = sum(float(np.abs(names[k] * w).sum()) for k, w in scales.items())
        off = abs(value - self.expected)
        if off <= 1e-9 * size + 1e-12:
            return True
        here, one = np.array([self.expected]), np.ones(1)
        if off <= self.roundoff(lambda *xs: [self.program(*xs)], here, one):
            return True
        try:  # NumPy may be the one that has lost more: longer numbers tell
            finer = self.program(*[np.asarray(x, np.longdouble) for x in self.xs])
        except Exception:  # any: not all functions take them
            return False
        return bool(abs(value - finer) < abs(self.expected - finer))

    def blame(self, name: str, engine: Engine, f: Any, error: Exception) -> None:
        """Decide whether an error is a fault: of a gradient whose value had been computed."""
        why = f"{type(error).__name__}: {error}"
        if name == "microgradnet":
            if not isinstance(error, MicrogradnetError):
                self.fault(name, "error", why=why)
            return
        if engine.says_unsupported(error):
            return
        try:
            value = engine.value(f, [_copy(x) for x in self.xs])
        except Exception:  # nothing was computed: there is no such call there
            return
        if self.same_value(value) and judgeable(self.program):
            self.fault(name, "error", why=why)

    def line(self, function: Any, ts: Vectors | None = None) -> Line:
        """Give a function of the inputs as one of the way along the direction, or another."""
        along = list(zip(self.xs, self.ts if ts is None else ts, strict=True))

        @functools.cache  # several engines are held against the same line
        def phi(s: float) -> float:
            try:
                return float(function(*[x + s * t for x, t in along]))
            except Exception:  # results of another shape, a singular matrix: not defined there
                return float("nan")

        return phi

    def judge_gradients(self) -> None:
        """Clear all gradients by the screen, or judge each of the different ones."""
        if not self.gradients:
            return
        vectors = {name: flat(gs) for name, gs in self.gradients.items()}
        first = next(iter(vectors.values()))
        agree = all(close(v, first) for v in vectors.values()) and np.isfinite(first).all()
        if agree and self.confirmed(first):
            return
        if len(self.program.outputs) > 1:
            # One term of the loss at a time: most can be cleared, and the rest is cheaper.
            for output in self.program.outputs:
                part = self.program.without_dead_code([output])
                self.found += self.session.faults(part, self.asked, self.sure)
            return
        if agree and self.cleared(first, len(vectors) > 1):
            return
        judged: list[tuple[Any, str]] = []
        for name, vector in vectors.items():
            known = [word for v, word in judged if close(v, vector)]
            if not known and not agree and self.cleared(vector, False):
                known = ["passed"]
            word = known[0] if known else verdict(self.program, self.called(name))[0]
            judged.append((vector, word))
            if word == "nan" or (word == "gradient" and not self.right_by_entries(name)):
                self.fault(name, word, self.gradients[name])

    def right_by_entries(self, name: str) -> bool:
        """Whether a gradient at a kink is right of each entry of the result alone.

        Each may choose among the slopes to the sides of its own kink, of which a sum of many has
        too many combinations to be looked at; to choose for each is what a sum's gradient is.
        """
        parts = self.program.entries() if kinked(self.program) else []
        return bool(parts) and not any(
            fault.kind == "gradient"
            for part in parts
            for fault in self.session.faults(part, [name], sure=True)
        )

    def confirmed(self, vector: Any) -> bool:
        """Whether the slope along the line speaks for a gradient."""
        t = flat(self.ts)
        size = float(np.abs(vector * t).sum())
        return confirms(self.line(self.program), float(vector @ t), size)

    def cleared(self, vector: Any, several: bool) -> bool:
        """Whether it does so when noise is measured, or where nothing speaks against it.

        Where there is no slope, at ties and kinks, most are let pass that several engines
        agree on, or that one-sided slopes along several lines allow.
        """
        if not np.isfinite(vector).all():
            return False
        t = flat(self.ts)
        phi = self.line(self.program)
        claimed, size = float(vector @ t), float(np.abs(vector * t).sum())
        slope = trusted_slope(phi)
        if slope is not None:
            error = abs(claimed - slope.value)
            return slope.bound <= 1e-4 * size and error <= slope.bound + 1e-9 * size
        self.session.kinks += 1
        if self.sure or self.session.kinks % THOROUGH == 0:
            return False
        return several or all(map(self.allowed, [vector] * LINES, range(LINES)))

    def allowed(self, vector: Any, seed: int) -> bool:
        """Whether one-sided slopes along a random line allow a gradient."""
        ts = direction(self.xs, seed)
        along = vector * flat(ts)
        return between(self.line(self.program, ts), float(along.sum()), float(np.abs(along).sum()))

    def called(self, name: str) -> Any:
        """Give an engine's gradient as a function of the inputs."""
        engine, f = self.engines[name], self.functions[name]
        return lambda *xs: engine.gradient(f, list(xs))[1]

    def product(self, name: str) -> Any:
        """Give an engine's Hessian-vector product as a function of the inputs.

        The direction is lengthened, and the result shortened again, by another factor each
        time: where large terms cancel, roundoff is the same for all inputs, but not for these.
        """
        engine, f = self.engines[name], self.functions[name]
        rng = np.random.default_rng(6)

        def product(*xs: Any) -> list[Any]:
            c = float(rng.uniform(0.5, 2.0))
            return [h / c for h in engine.hvp(f, list(xs), [c * t for t in self.ts])]

        return product

    # --- forward mode, second order ---------------------------------------------------------------

    def judge_forward(self, good: set[str]) -> None:
        """Compare forward mode with reverse: their product with the direction is the same."""
        for name in sorted(good):
            vector, t = flat(self.gradients[name]), flat(self.ts)
            if not np.isfinite(vector).all():
                continue
            slope = self.attempt(name, "forward")
            size = float(np.abs(vector * t).sum())
            if slope is None or abs(slope - float(vector @ t)) <= 1e-9 * size + 1e-14:
                continue
            off = abs(slope - float(vector @ t))
            if not off <= self.roundoff(self.called(name), vector, t) and judgeable(self.program):
                self.fault(name, "forward", slope, f"reverse mode gives {float(vector @ t)}")

    def roundoff(self, function: Any, result: Any, along: Any) -> float:
        """Estimate that of a result along a line: what the last place of the inputs does."""
        rng = np.random.default_rng(5)
        largest = 0.0
        for _ in range(DRAWS):
            near = [x * (1 + 4 * EPS * rng.uniform(-1, 1, np.shape(x))) for x in self.xs]
            with contextlib.suppress(Exception):  # any: what an engine raises is its own affair
                largest = max(largest, abs(float((flat(function(*near)) - result) @ along)))
        return 10 * largest

    def judge_second_order(self, good: set[str]) -> None:
        """Compare Hessian-vector products with differences of a gradient that was cleared."""
        source = next((name for name in self.engines if name in good), None)
        if source is None:
            return
        engine, f = self.engines[source], self.functions[source]
        u = np.random.default_rng(7).uniform(0.5, 1.5, flat(self.xs).shape)

        def projected(*xs: Any) -> float:
            value, gs = engine.gradient(f, list(xs))
            return float(u @ flat(gs)) if np.isfinite(value) else float("nan")

        phi = self.line(projected)
        doubtful = []
        for name in sorted(good):
            product = self.attempt(name, "hvp")
            vector = None if product is None else flat(product)
            if vector is not None:
                size = float(np.abs(u * vector).sum()) if np.isfinite(vector).all() else 0.0
                if not confirms(phi, float(u @ vector), size, floor=1e-7):
                    doubtful.append((name, product, float(u @ vector), size))
        slope = trusted_slope(phi) if doubtful else None
        if slope is None or jumps(phi):  # the gradient's kinks may be nearer than any step
            return
        for name, product, total, size in doubtful:
            if slope.bound > 1e-3 * max(size, abs(slope.value)) and slope.bound > 1e-7:
                continue
            off = abs(total - slope.value)
            if off <= slope.bound + 1e-6 * size + 1e-9 or right_somewhere(phi, total, slope.value):
                continue
            rough = self.roundoff(self.product(name), flat(product), u)
            if not off <= rough and judgeable(self.program):
                why = f"their weighted sum is {total}, differences give {slope.value}"
                self.fault(name, "hvp", product, why)

    def attempt(self, name: str, what: str) -> Any:
        """Ask for a derivative; note an error that is one, and give None."""
        engine = self.engines[name]
        try:
            return getattr(engine, what)(self.functions[name], self.xs, self.ts)
        except Exception as error:  # any: what an engine raises is its own affair
            excused = isinstance(error, MicrogradnetError) or engine.says_unsupported(error)
            if not excused:
                self.fault(name, what, why=f"{type(error).__name__}: {error}")
            return None


def _copy(x: Any) -> Any:
    return x if isinstance(x, float) else np.array(x)
