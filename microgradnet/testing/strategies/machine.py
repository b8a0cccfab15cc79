"""A stateful test: Values against a naive model, through any sequence of what users do.

The model of a Value is its numbers beside their Jacobian with respect to every number that
was ever a variable's, both plain NumPy arrays. Views of both are NumPy's own views, so that
assignment through them is right without a thought; a detached copy has Jacobian 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from ...errors import MicrogradnetError, NotDifferentiableError
from ...transforms import no_grad, stop_gradient
from ...value import Value

MOST = 24  # numbers that variables may have in all: columns of the Jacobian
SHAPE = (2, 3)

# How a view is taken: of the numbers, and of the Jacobian, whose last axis stays.
VIEWS: dict[str, Callable[[Any], Any]] = {
    "rows": lambda x: x[1:],
    "reversed": lambda x: x[::-1],
    "a column": lambda x: x[:, 1],
    "a row": lambda x: x[0],
}

INDICES: tuple[Any, ...] = (0, -1, slice(None), slice(0, 1), [0, 0])

# Operations of one operand: result and slope.
UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sin": (np.sin, np.cos),
    "square": (np.square, lambda x: 2 * x),
    "negative": (np.negative, lambda x: 0 * x - 1),
}

NUMBERS = st.sampled_from([1.0, 0.0, -1.0, 0.5, 2.0, 1e-8])


class Pair:
    """A Value and the model of it."""

    def __init__(self, value: Any, data: Any, jacobian: Any, place: int | None = None) -> None:
        self.value, self.data, self.jacobian = value, data, jacobian
        self.place = place  # of a variable: where its gradient starts


class ValueMachine(RuleBasedStateMachine):
    """Assignment, views, repeated backward, detaching and ``no_grad``, in any order.

    Examples
    --------
    >>> from microgradnet.testing.strategies import ValueMachine
    >>> TestValues = ValueMachine.TestCase  # what pytest collects
    """

    pairs: Bundle[Pair] = Bundle("pairs")

    def __init__(self) -> None:
        super().__init__()
        self.variables: list[Pair] = []
        self.accumulated = np.zeros(MOST)  # gradients of all numbers that variables ever had
        self.all: list[Pair] = []
        self.used = 0

    def kept(self, pair: Pair) -> Pair:
        """Remember a pair."""
        self.all.append(pair)
        return pair

    # --- making -----------------------------------------------------------------------------------

    @initialize(target=pairs, x=NUMBERS)
    def first(self, x: float) -> Pair:
        """Start with one variable."""
        return self.variable(x)

    @rule(target=pairs, x=NUMBERS)
    def another(self, x: float) -> Pair:
        """Make a variable; a constant when there are enough."""
        if self.used + 6 > MOST:
            data = np.full(SHAPE, x)
            constant = Value(data, requires_grad=False)
            return self.kept(Pair(constant, data.copy(), np.zeros((*SHAPE, MOST))))
        return self.variable(x)

    def variable(self, x: float) -> Pair:
        """Make a variable whose numbers all differ."""
        data = x + 0.1 * np.arange(6.0).reshape(SHAPE)
        jacobian = np.zeros((*SHAPE, MOST))
        jacobian.reshape(6, MOST)[:, self.used : self.used + 6] = np.eye(6)
        pair = self.kept(Pair(Value(data), data.copy(), jacobian, self.used))
        self.variables.append(pair)
        self.used += 6
        return pair

    @rule(target=pairs, a=pairs, name=st.sampled_from(sorted(UNARY)))
    def one(self, a: Pair, name: str) -> Pair:
        """Apply an operation of one operand."""
        function, slope = UNARY[name]
        jacobian = slope(a.data)[..., None] * a.jacobian
        return self.kept(Pair(function(a.value), function(a.data), jacobian))

    @rule(target=pairs, a=pairs, b=pairs)
    def multiply(self, a: Pair, b: Pair) -> Pair:
        """Multiply two, if they broadcast; else square the first."""
        try:
            data = a.data * b.data
        except ValueError:
            data, b = a.data * a.data, a
        jacobian = a.data[..., None] * b.jacobian + b.data[..., None] * a.jacobian
        return self.kept(Pair(a.value * b.value, data, jacobian))

    @rule(target=pairs, a=pairs)
    def without_gradient(self, a: Pair) -> Pair:
        """Compute where nothing is recorded."""
        with no_grad():
            value = np.sin(a.value)
        assert not value.requires_grad
        return self.kept(Pair(value, np.sin(a.data), 0.0 * a.jacobian))

    @rule(target=pairs, a=pairs)
    def detached(self, a: Pair) -> Pair:
        """Stop the gradient of a copy."""
        value = stop_gradient(1.0 * a.value)
        return self.kept(Pair(value, 1.0 * a.data, 0.0 * a.jacobian))

    @rule(target=pairs, a=pairs, how=st.sampled_from(sorted(VIEWS)))
    def view(self, a: Pair, how: str) -> Pair:
        """Take a view, if there are two axes and a row; of less, the first element."""
        take = VIEWS[how] if a.data.ndim == 2 and len(a.data) else lambda x: x[:1]
        return self.kept(Pair(take(a.value), take(a.data), take(a.jacobian)))

    # --- changing ---------------------------------------------------------------------------------

    @rule(a=pairs, b=pairs, index=st.sampled_from(INDICES))
    def assign(self, a: Pair, b: Pair, index: Any) -> None:
        """Assign a scalar computed from one to elements of another: as NumPy does, or refused."""
        if not a.data.size or not b.data.size:
            return
        first = (0,) * b.data.ndim
        try:
            a.value[index] = b.value[first]
        except MicrogradnetError:  # nothing may have changed
            assert self.shared(a), "refused, though nobody else sees these numbers"
            return
        number, slopes = b.data[first], b.jacobian[first].copy()
        a.data[index] = number
        a.jacobian[index] = slopes
        if a.place is not None:  # what the name stands for from now on is computed
            self.variables.remove(a)
            a.place = None

    def shared(self, a: Pair) -> bool:
        """Whether another Value is a view of the same numbers."""
        return any(b is not a and np.shares_memory(a.data, b.data) for b in self.all)

    @rule(a=pairs, x=NUMBERS)
    def replace_data(self, a: Pair, x: float) -> None:
        """Give a variable new numbers: it is the same variable, with the same gradient."""
        if a.place is None:
            return
        a.value.data = np.full(SHAPE, x)
        # Views show the old numbers still: the model leaves their memory alone.
        a.data, a.jacobian = np.full(SHAPE, x), a.jacobian.copy()

    @rule(a=pairs, times=st.integers(1, 2))
    def backward(self, a: Pair, times: int) -> None:
        """Differentiate a weighted sum, once or twice; gradients accumulate."""
        weights = np.cos(np.arange(float(a.data.size))).reshape(a.data.shape)
        loss = (a.value * weights).sum()
        for _ in range(times):
            try:
                loss.backward()
            except NotDifferentiableError:
                assert not a.jacobian.any()
                return
            slopes = np.tensordot(weights, a.jacobian, axes=weights.ndim)
            self.accumulated = self.accumulated + slopes

    def teardown(self) -> None:
        """Differentiate everything that was computed, at the end."""
        for pair in self.all:
            self.backward(pair, 1)
        self.gradients_are_the_models()

    # --- comparing --------------------------------------------------------------------------------

    @invariant()
    def numbers_are_numpys(self) -> None:
        """Every Value holds the model's numbers."""
        for pair in self.all:
            np.testing.assert_allclose(pair.value.data, pair.data, rtol=1e-12, atol=0)

    @invariant()
    def gradients_are_the_models(self) -> None:
        """Every variable's gradient is the model's, or None where it is 0."""
        for pair in self.variables:
            assert pair.place is not None
            expected = self.accumulated[pair.place : pair.place + 6].reshape(SHAPE)
            got = pair.value.grad
            got = np.zeros(SHAPE) if got is None else got
            # Products of a few dozen factors, summed: relative to the largest.
            size = np.abs(expected).max()
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12 * size)
