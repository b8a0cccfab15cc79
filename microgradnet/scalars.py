"""The reverse walk of scalar graphs, where all that is not arithmetic would be overhead."""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace

from .backend import ARITHMETIC_ERRORS
from .graph import Leaf, Node, ScalarNode


def scalar_pullback(output: Node, seed: float, since: int) -> dict[Node, float] | None:
    """Walk a graph of Python floats down to its leaves, newest node first.

    Nodes are found while walking. The newest of those found has all its consumers behind it;
    most often it is an input of the node just passed, and only the others wait on a heap.

    Returns
    -------
    dict
        The cotangent of every node that was met. None in its place if there is anything
        else than elementwise operations on floats, something older than `since`, a
        transform's leaf under ``backward`` (since 0), or an infinity: the general walks
        know those.
    """
    if type(output) is Leaf:
        return None
    node, cts = output, {output: seed}
    heap: list[int] = []  # negated indices, as it gives the smallest
    waiting: dict[int, Node] = {}
    try:
        while True:
            if type(node) is not ScalarNode:
                return None
            g = cts[node]
            z, x, y, a, b = node.data, node.x, node.y, node.a, node.b
            partials = node.primitive.rule.partials  # type: ignore[union-attr]  # not a leaf
            found = None
            if a is not None:
                d = partials[0]
                if type(d) is not float:
                    d = d(z, x) if y is None else d(z, x, y)
                if a in cts:
                    cts[a] += d * g
                else:
                    cts[a] = d * g
                    if type(a) is not Leaf:
                        found = a
                    elif a.cell is None and not since:
                        return None
            if b is not None:
                d = partials[1]
                if type(d) is not float:
                    d = d(z, x, y)
                if b in cts:
                    cts[b] += d * g
                else:
                    cts[b] = d * g
                    if type(b) is not Leaf:
                        if found is not None:
                            k = -found.index
                            waiting[k] = found
                            heappush(heap, k)
                        found = b
                    elif b.cell is None and not since:
                        return None
            if found is None:
                if not heap:
                    break
                node = waiting[heappop(heap)]
            elif heap and (k := -found.index) > heap[0]:
                waiting[k] = found
                node = waiting[heapreplace(heap, k)]
            else:
                node = found
    except (*ARITHMETIC_ERRORS, TypeError, IndexError):  # 1/0; a partial of None; none at all
        return None
    total = sum(cts.values())
    if total - total != 0.0 or (since and any(node.index < since for node in cts)):
        return None
    if type(total) is not float:  # some partial was a number of NumPy's
        cts = {node: float(g) for node, g in cts.items()}
    return cts
