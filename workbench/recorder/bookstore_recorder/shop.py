"""The shop's own functions, by rule: its modules are compiled with a decorator on each.

The decorator goes below all others, so that a view is traced apart from what its decorators do
before it; wrapped after the import it could only be traced together with them.
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
"""What a function is for, by the module that it stands in: the same in all shops."""

ANSWERING = {"answer", "done", "dump_json", "not_modified", "page_answer"}
"""What writes an answer, wherever it stands."""

HELPERS = {"fields", "http", "inputs", "pagination"}
"""Where a function of one line is too small to be a step: `money`, `timestamp`, `version_tag`."""

FUNCTIONS_ONLY = {"fields", "schemas"}
"""Where methods are called once for each member that is read."""

TRACED = "__import__('bookstore_recorder.spans').spans.traced"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def install() -> None:
    """Compile the shop's modules so from now on."""
    sys.meta_path.insert(0, Finder())


def phase_of(module: str, function: str = "") -> str | None:
    """Which part of serving a request a function is, by its own and its module's name."""
    if not module.startswith(PACKAGE):
        return None
    if function in ANSWERING:
        return "answer"
    return PHASES.get(module.rpartition(".")[2])


def label(module: str, qualified_name: str) -> str:
    """What a function's span is called: `orders.services.place_order`."""
    return f"{module.removeprefix(PACKAGE)}.{qualified_name.replace('.<locals>', '')}"


def layer_label(kind: type) -> str:
    """What a middleware's span is called: of the framework's own, the class."""
    is_shops = kind.__module__.startswith(PACKAGE)
    return label(kind.__module__, kind.__qualname__) if is_shops else kind.__qualname__


class Finder(MetaPathFinder):
    """Finds the modules that have steps in them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module, to be compiled in this way; None where that is not for us."""
        if phase_of(fullname) is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(fullname, spec.origin)
        return spec


class Loader(SourceFileLoader):
    """Compiles a module with its steps traced, past the cache of compiled files."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code."""
        source = self.get_data(self.path)
        code: CodeType = compile(with_spans(source, fullname), self.path, "exec", dont_inherit=True)
        return code


def with_spans(source: bytes | str, module: str) -> ast.Module:
    """The module, a span's decorator below those of each of its steps."""
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
    """The public functions and methods, and what a decorator puts around a view."""
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
    """A method that is called, and not one that stands for an attribute."""
    public = not method.name.startswith("_") or method.name == "__call__"
    return public and not any("property" in ast.unparse(each) for each in method.decorator_list)


def _functions_in(function: Function) -> Iterator[Function]:
    return (node for node in ast.walk(function) if isinstance(node, Function))


def _wraps(function: Function) -> bool:
    """Whether it stands in the place of another function, as what a decorator returns does."""
    decorators = map(ast.unparse, function.decorator_list)
    return any(each.startswith(("functools.wraps(", "wraps(")) for each in decorators)


def _is_one_line(function: Function) -> bool:
    body = [node for node in function.body if not _is_docstring(node)]
    return len(body) == 1 and isinstance(body[0], ast.Return)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
