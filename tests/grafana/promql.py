"""Queries, taken apart."""

from collections.abc import Iterator

import promql_parser

# Stands for $__rate_interval where a duration must stand: one that nobody writes.
RATE_INTERVAL = 4242

_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
_SETS = {"and", "or", "unless"}


def nodes(node):
    """All nodes of an expression, with those above them."""

    def walk(node, above):
        yield node, above
        for name in ("expr", "lhs", "rhs", "vector_selector"):
            child = getattr(node, name, None)
            if child is not None:
                yield from walk(child, (*above, node))
        for child in getattr(node, "args", ()):
            yield from walk(child, (*above, node))

    return walk(node, ())


def selectors(expr):
    """Those of series, with the nodes above them."""
    return [
        (node, above) for node, above in nodes(parsed(expr)) if isinstance(node, promql_parser.VectorSelector)
    ]


def parsed(expr):
    """A query of the dashboard, variables and all."""
    return promql_parser.parse(expr.replace("$__rate_interval", f"{RATE_INTERVAL}s"))


def operands(expr: str) -> Iterator[str]:
    """What an alert compares: while all is well, the comparison itself has no value."""
    yield from _operands(promql_parser.parse(expr))


def _operands(node) -> Iterator[str]:
    if isinstance(node, promql_parser.ParenExpr):
        yield from _operands(node.expr)
    elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) in _COMPARISONS | _SETS:
        yield from _operands(node.lhs)
        yield from _operands(node.rhs)
    elif isinstance(node, promql_parser.Call) and node.func.name == "absent":
        yield node.args[0].prettify()
    elif not isinstance(node, promql_parser.NumberLiteral):
        yield node.prettify()
