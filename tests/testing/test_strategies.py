"""What is drawn lies where it should, and where derivatives go wrong more often than by chance."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import optree
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

from microgradnet import Value
from microgradnet.declare import POSITIVE, REAL, UNIT, arg
from microgradnet.testing import strategies as s
from microgradnet.testing.strategies.numbers import DEGENERATE, degenerate, masked


def sample(strategy: st.SearchStrategy[Any], count: int = 300) -> list[Any]:
    drawn = []

    @seed(7)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(x: Any) -> None:
        drawn.append(x)

    collect()
    return drawn


def share(drawn: list[Any], condition: Any) -> float:
    return sum(map(bool, map(condition, drawn))) / len(drawn)


@pytest.mark.parametrize(
    "domain", [REAL, POSITIVE, UNIT, (-np.inf, 2.0), (1.0, np.inf), (0.25, 0.75)]
)
def test_values_lie_inside_their_domain(domain: tuple[float, float]) -> None:
    # Ten at a time: of single ones Hypothesis draws none twice.
    drawn = [x for xs in sample(st.lists(s.values(domain), min_size=10)) for x in xs]
    assert all(domain[0] < x < domain[1] for x in drawn)
    assert len(drawn) > 1000 and len(set(drawn)) > 50
    if domain == REAL:
        assert share(drawn, lambda x: x in (0, 1)) > 0.05
        assert share(drawn, lambda x: 0 < abs(x) <= 1e-8) > 0.03
        assert share(drawn, lambda x: abs(x) >= 1e8) > 0.02
        assert all(abs(x) <= 3 for x in sample(s.values(extreme=False)))
    if domain == UNIT:
        assert share(drawn, lambda x: abs(abs(x) - 1) < 1e-7) > 0.02  # beside the ends


def test_a_domain_narrower_than_a_thousandth_has_its_middle() -> None:
    assert any(abs(x - 0.1002) < 1e-12 for x in sample(s.values((0.1, 0.1004)), 20))


def test_shapes_are_small_and_of_every_kind() -> None:
    drawn = sample(s.shapes())
    assert () in drawn and all(len(shape) <= 3 and max(shape, default=0) <= 3 for shape in drawn)
    assert share(drawn, lambda shape: 0 in shape) > 0.05
    assert share(drawn, lambda shape: 1 in shape) > 0.1


def test_arrays_have_duplicates_and_specials() -> None:
    drawn = sample(s.arrays((2, 3)))
    assert all(x.shape == (2, 3) and x.dtype == np.float64 for x in drawn)
    assert share(drawn, lambda x: np.unique(x).size < 6) > 0.25
    assert share(drawn, lambda x: np.unique(x).size == 1) > 0.05
    assert all((x > 0).all() for x in sample(s.arrays(s.shapes(), POSITIVE)))


@pytest.mark.parametrize("kind", ["distinct", "square", "spd", "diagonalizable"])
def test_declared_kinds_are_kept_three_times_in_four(kind: str) -> None:
    drawn = sample(s.arrays((3, 3), kind=kind), 200)

    def regular(x: Any) -> bool:
        if kind == "distinct":
            return np.unique(x).size == x.size
        if kind == "square":
            return bool(np.linalg.cond(x) < 1e3)
        if kind == "spd":
            return bool((np.linalg.eigvalsh(x) > 0).all() and np.array_equal(x, x.T))
        values, vectors = np.linalg.eig(x)
        distinct = np.unique(values.round(9)).size == len(values)
        return bool(np.isreal(values).all() and distinct and np.linalg.cond(vectors) < 1e3)

    assert 0.6 < share(drawn, regular) < 1
    assert kind != "spd" or all(np.array_equal(x, x.T) for x in drawn)
    assert sample(s.arrays((0, 0), kind=kind), 3)[0].shape == (0, 0)


def test_degenerate_matrices() -> None:
    m = np.arange(1.0, 5.0).reshape(2, 2)
    drawn = sample(degenerate(m), 60)
    assert len({x.tobytes() for x in drawn}) == len(DEGENERATE)
    assert all(np.array_equal(x, np.eye(2)) or np.linalg.matrix_rank(x) < 2 for x in drawn)


@pytest.mark.parametrize("domain", [UNIT, (1.0, 1.001)])
def test_what_is_distinct_stays_in_its_domain(domain: tuple[float, float]) -> None:
    drawn = sample(s.arrays(4, domain, kind="distinct"), 100)
    assert all(((domain[0] < x) & (x < domain[1])).all() for x in drawn)
    assert share(drawn, lambda x: np.unique(x).size == 4) > 0.6


def test_what_cannot_be_drawn_is_explained() -> None:
    with pytest.raises(ValueError, match="expected one of 'any', 'distinct', 'square'"):
        s.arrays((2, 2), kind="singular")
    with pytest.raises(ValueError, match=r"shape \(3,\) of kind 'spd': expected two axes"):
        s.arrays([3], kind="spd")
    with pytest.raises(ValueError, match="expected \\(low, high\\) with low < high"):
        s.values((1, 1))


def test_operands_are_floats_for_scalars() -> None:
    assert all(type(x) is float for x in sample(s.operand(arg()), 20))
    assert all(x.shape == (2,) for x in sample(s.operand(arg((2,))), 20))


def test_broadcastable_operands_broadcast() -> None:
    drawn = sample(s.broadcastable(3))
    shapes = [np.broadcast_shapes(*(x.shape for x in xs)) for xs in drawn]
    assert len(set(shapes)) > 10
    assert share(drawn, lambda xs: any(a is b for a, b in itertools.pairwise(xs))) > 0.1
    spans = sample(s.broadcastable(2, domains=(POSITIVE, UNIT), base=(2, 3)), 50)
    for x, y in spans:
        assert (x > 0).all() and (np.abs(y) < 1).all()
        assert np.broadcast_shapes(x.shape, y.shape, (2, 3)) == (2, 3)
    assert {len(shape) for shape in sample(masked((2, 3)), 50)} == {0, 1, 2}


def test_parameters_have_their_networks_structure() -> None:
    network = {"w": [np.ones((2, 3)), Value(np.ones(3))], "b": 1.0}
    drawn = sample(s.parameters(network), 400)
    structure = optree.tree_structure(network)
    for p in drawn:
        assert optree.tree_structure(p) == structure and type(p["b"]) is float
        assert [np.shape(x) for x in optree.tree_leaves(p)] == [(), (2, 3), (3,)]
    assert share(drawn, lambda p: (p["w"][0] == 0).all()) > 0.003  # all zero
    assert share(drawn, lambda p: np.abs(p["w"][0]).max() > 20) > 0.003  # saturated

    class Network:
        def parameters(self) -> Any:
            return network

    assert optree.tree_structure(sample(s.parameters(Network()), 1)[0]) == structure


def test_pytrees_nest_and_shrink_to_a_leaf() -> None:
    drawn = sample(s.pytrees())
    assert {type(t) for t in drawn} >= {tuple, list, dict, np.ndarray}
    assert share(drawn, lambda t: not optree.tree_leaves(t)) > 0.01  # empty ones, too
    leaf = find(s.pytrees(st.just(1.0)), lambda t: True)
    assert leaf == 1.0
