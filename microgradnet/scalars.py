"""The reverse walk of scalar graphs, where all that is not arithmetic would be overhead."""

from __future__ import annotations

from heapq import heappop, heappush

from .backend import ARITHMETIC_ERRORS
from .graph import Node

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
    limit = -since
    if not output.inputs:
        return None
    try:
        while heap:
            k = heappop(heap)
            node = nodes[k]
            rule = node.primitive.rule  # type: ignore[union-attr]  # a node with inputs has one
            z = node.data
            if type(z) is not float or not rule.elementwise or node.params is not None:
                return None
            g = cts[k]
            inputs = node.inputs
            if len(inputs) == 2:
                x, y = inputs
                a, b = node.operands
                dx, dy = rule.partials
                if x is not None:
                    c = (dx if type(dx) is float else dx(z, a, b)) * g
                    k = -x.index
                    if k in cts:
                        cts[k] += c
                    else:
                        cts[k] = c
                        nodes[k] = x
                        if x.inputs:
                            heappush(heap, k)
                if y is not None:
                    c = (dy if type(dy) is float else dy(z, a, b)) * g
                    k = -y.index
                    if k in cts:
                        cts[k] += c
                    else:
                        cts[k] = c
                        nodes[k] = y
                        if y.inputs:
                            heappush(heap, k)
            else:
                (x,) = inputs
                assert x is not None
                d = rule.partials[0]
                c = (d if type(d) is float else d(z, node.operands[0])) * g
                k = -x.index
                if k in cts:
                    cts[k] += c
                else:
                    cts[k] = c
                    nodes[k] = x
                    if x.inputs:
                        heappush(heap, k)
    except (*ARITHMETIC_ERRORS, TypeError):  # 1/0; three operands; no partial
        return None
    for k, node in nodes.items():
        c = cts[k]
        if c - c != 0.0 or k > limit or type(node.data) is not float:
            return None
        if not since and not node.inputs and node.cell is None:  # type: ignore[attr-defined]
            return None
    return nodes, cts
