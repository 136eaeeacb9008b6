"""Trace the shop's functions: compile its modules with a decorator on each function.

The decorator is below all others, so that the span of a view does not include its decorators. A
wrapper added after the import would include them.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

PACKAGE = "bookstore."

PHASES = {
    "auth": "auth",
    "limits": "auth",
    "signatures": "auth",
    "tokens": "auth",
    "fields": "input",
    "http": "input",
    "inputs": "input",
    "idempotency": "service",
    "pagination": "service",
    "views": "handler",
    "copies": "service",
    "derived": "service",
    "locks": "service",
    "batches": "service",
    "provider": "service",
    "queries": "service",
    "replica": "service",
    "services": "service",
    "settlement": "service",
    "store": "service",
    "schemas": "answer",
}
"""The phase of a function, by the name of its module. The shops share these names."""

ANSWERING = {"answer", "done", "dump_json", "not_modified", "page_answer"}
"""Functions that write a response, in any module."""

HELPERS = {"fields", "http", "inputs", "pagination"}
"""Modules whose functions of one line get no span: `money`, `timestamp`, `version_tag`."""

FUNCTIONS_ONLY = {"fields", "schemas"}
"""Modules whose methods get no span: they are called for each member of a body."""

TRACED = "__import__('bookstore_recorder.spans').spans.traced"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def install() -> None:
    """Trace the functions of modules that are imported from now on."""
    sys.meta_path.insert(0, Finder())


def phase_of(module: str, function: str = "") -> str | None:
    """Return the phase of a function; None if its module has no phase."""
    if not module.startswith(PACKAGE):
        return None
    if function in ANSWERING:
        return "answer"
    return PHASES.get(module.rpartition(".")[2])


def label(module: str, qualified_name: str) -> str:
    """Return the name of a function's span: `orders.services.place_order`."""
    return f"{module.removeprefix(PACKAGE)}.{qualified_name.replace('.<locals>', '')}"


def layer_label(kind: type) -> str:
    """Return the name of a middleware's span; for one of the framework, the class."""
    is_shops = kind.__module__.startswith(PACKAGE)
    return label(kind.__module__, kind.__qualname__) if is_shops else kind.__qualname__


class Finder(MetaPathFinder):
    """Finds the modules whose functions get spans."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec with the tracing loader; None for other modules."""
        if phase_of(fullname) is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(fullname, spec.origin)
        return spec


class Loader(SourceFileLoader):
    """Compiles a module with spans. It bypasses the cache of compiled files."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the module with spans."""
        source = self.get_data(self.path)
        code: CodeType = compile(with_spans(source, fullname), self.path, "exec", dont_inherit=True)
        return code


def with_spans(source: bytes | str, module: str) -> ast.Module:
    """Parse a module and add the decorator to each of its steps."""
    tree = ast.parse(source)
    kind = module.rpartition(".")[2]
    for name, function in list(_steps(tree, kind)):
        phase = phase_of(module, function.name)
        call = f"{TRACED}({label(module, name)!r}, {phase!r})"
        decorator = ast.parse(call, mode="eval").body
        for node in ast.walk(decorator):
            ast.copy_location(node, function)
        function.decorator_list.append(decorator)
    return tree


def _steps(tree: ast.Module, kind: str) -> Iterator[tuple[str, Function]]:
    """Yield the public functions and methods, and the functions that decorators return."""
    for node in tree.body:
        if isinstance(node, Function):
            if not (node.name.startswith("_") or (kind in HELPERS and _is_one_line(node))):
                yield node.name, node
            yield from ((node.name, inner) for inner in _functions_in(node) if _wraps(inner))
        elif isinstance(node, ast.ClassDef) and kind not in FUNCTIONS_ONLY:
            for method in node.body:
                if isinstance(method, Function) and _is_step(method):
                    yield f"{node.name}.{method.name}", method


def _is_step(method: Function) -> bool:
    """Return whether a method is public and not a property."""
    public = not method.name.startswith("_") or method.name == "__call__"
    return public and not any("property" in ast.unparse(each) for each in method.decorator_list)


def _functions_in(function: Function) -> Iterator[Function]:
    return (node for node in ast.walk(function) if isinstance(node, Function))


def _wraps(function: Function) -> bool:
    """Return whether a function wraps another one with `functools.wraps`."""
    decorators = map(ast.unparse, function.decorator_list)
    return any(each.startswith(("functools.wraps(", "wraps(")) for each in decorators)


def _is_one_line(function: Function) -> bool:
    body = [node for node in function.body if not _is_docstring(node)]
    return len(body) == 1 and isinstance(body[0], ast.Return)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
