"""The reverse walk of scalar graphs, where all that is not arithmetic would be overhead."""

from __future__ import annotations

from heapq import heappop, heappush

from .backend import ARITHMETIC_ERRORS
from .graph import Leaf, Node, ScalarNode

Known = tuple[dict[int, Node], dict[int, float]]


def scalar_pullback(output: Node, seed: float, since: int) -> Known | None:
    """Walk a graph of Python floats down to its leaves, newest node first.

    Nodes are found while walking: the newest on the heap has all its consumers behind it.

    Returns
    -------
    nodes : dict
        Every node that was met, by *negated* index.
    cotangents : dict
        Theirs. Both come as one tuple; None in its place if there is anything else than
        elementwise operations on floats, something older than `since`, a transform's leaf
        under ``backward`` (since 0), or an infinity: the general walks know those.
    """
    k = -output.index
    heap, nodes, cts = [k], {k: output}, {k: seed}
    if type(output) is Leaf:
        return None
    try:
        while heap:
            k = heappop(heap)
            node = nodes[k]
            if type(node) is not ScalarNode:
                return None
            g = cts[k]
            z, x, y, a = node.data, node.x, node.y, node.a
            partials = node.primitive.rule.partials  # type: ignore[union-attr]  # not a leaf
            if a is not None:
                d = partials[0]
                if type(d) is not float:
                    d = d(z, x) if y is None else d(z, x, y)
                k = -a.index
                if k in cts:
                    cts[k] += d * g
                else:
                    cts[k] = d * g
                    nodes[k] = a
                    if type(a) is not Leaf:
                        heappush(heap, k)
            b = node.b
            if b is not None:
                d = partials[1]
                if type(d) is not float:
                    d = d(z, x, y)
                k = -b.index
                if k in cts:
                    cts[k] += d * g
                else:
                    cts[k] = d * g
                    nodes[k] = b
                    if type(b) is not Leaf:
                        heappush(heap, k)
    except (*ARITHMETIC_ERRORS, TypeError):  # 1/0; a partial of None
        return None
    total = sum(cts.values())
    if total - total != 0.0 or max(nodes) > -since:
        return None
    for k, node in nodes.items():
        if type(cts[k]) is not float:
            cts[k] = float(cts[k])  # a partial was a number of NumPy's
        if not since and type(node) is Leaf and node.cell is None:
            return None
    return nodes, cts
