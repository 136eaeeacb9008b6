"""The symbols that a Python file defines: functions, classes, methods and module-level names."""

import ast
from collections.abc import Iterator

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Statement = Named | ast.Assign | ast.AnnAssign


def definitions(tree: ast.Module) -> dict[str, Statement]:
    """Map each symbol of a module to the statement that defines it.

    A method is called `Class.method`. Statements under a module-level `if` or `try` count too.
    """
    found: dict[str, Statement] = {}
    for node in _statements(tree.body):
        for name in _names(node):
            found[name] = node
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[f"{node.name}.{method.name}"] = method
    return found


def first_line(node: Statement | ast.Call) -> int:
    """Return the line on which a definition or a call begins, decorators included."""
    decorators = node.decorator_list if isinstance(node, Named) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def _statements(body: list[ast.stmt]) -> Iterator[Statement]:
    for node in body:
        if isinstance(node, Statement):
            yield node
        elif isinstance(node, ast.If | ast.Try):
            yield from _statements([*node.body, *node.orelse])


def _names(node: Statement) -> list[str]:
    if isinstance(node, Named):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [
        each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
    ]
