"""Parse an implementation's Python: modules, their definitions, and what a name refers to."""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from workbench.processes import FailedError
from workbench.symbols import Statement, definitions, first_line

PACKAGE = "bookstore"
"""The name of each implementation's package. Names of other packages are not followed."""

Node = Statement | ast.Call


@dataclass(frozen=True)
class Definition:
    """A function, class, method, constant or route, with its lines."""

    module: "Module" = field(repr=False, compare=False)
    file: str
    """The path relative to the repository."""
    name: str
    """The name: `place_order`, or `OrderOperations.place_order` for a method."""
    node: Node = field(repr=False, compare=False)

    @property
    def first(self) -> int:
        """The number of the first line, decorators included."""
        return first_line(self.node)

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self.node.end_lineno or self.node.lineno

    @property
    def short_name(self) -> str:
        """The name without the class and without a leading underscore."""
        return self.name.rpartition(".")[2].lstrip("_")

    @property
    def is_private(self) -> bool:
        """Whether the name starts with an underscore."""
        return self.name.rpartition(".")[2].startswith("_")

    @cached_property
    def uses(self) -> list["Definition"]:
        """The definitions of the package that it uses, in their order of appearance."""
        return list(dict.fromkeys(_uses(self)))


@dataclass(eq=False)
class Module:
    """A file of the package."""

    code: "Code" = field(repr=False)
    name: str
    """The dotted name: `bookstore.orders.services`."""
    file: str
    tree: ast.Module = field(repr=False)
    is_package: bool = False

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The definitions at module level, and the methods of its classes."""
        return {
            name: Definition(self, self.file, name, node)
            for name, node in definitions(self.tree).items()
        }

    @cached_property
    def routes(self) -> list[tuple[Definition, set[str]]]:
        """The routes of Django's URL configuration, each with the names of its methods.

        `path("orders", orders({"get": "list_orders"}))` is a route; `orders` is a class's view.
        """
        found = []
        for node in ast.walk(self.tree):
            match node:
                case ast.Call(
                    args=[ast.Constant(value=str(path)), ast.Call(func=ast.Name(id=view)) as call]
                ):
                    owners = self.definitions[view].uses if view in self.definitions else []
                    constants = [each for each in ast.walk(call) if isinstance(each, ast.Constant)]
                    methods = [each.value for each in constants if isinstance(each.value, str)]
                    names = {f"{owner.name}.{method}" for owner in owners for method in methods}
                    found.append((Definition(self, self.file, f"/{path}", node), names))
        return found

    @cached_property
    def imports(self) -> dict[str, tuple[str, str | None]]:
        """The imported names, each with its module and the name in that module, if any."""
        found: dict[str, tuple[str, str | None]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                source = self._absolute(node)
                found |= {alias.asname or alias.name: (source, alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {each.asname: (each.name, None) for each in node.names if each.asname}
        return found

    def meaning(self, name: str) -> "Definition | Module | None":
        """Resolve a name at module level; None if it does not refer to the package."""
        if name in self.definitions:
            return self.definitions[name]
        if name not in self.imports:
            return None
        source, taken = self.imports[name]
        if taken is None:
            return self.code.modules.get(source)
        if inner := self.code.modules.get(f"{source}.{taken}"):
            return inner
        module = self.code.modules.get(source)
        return module.meaning(taken) if module and module is not self else None

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        above = node.level - 1 if self.is_package else node.level
        return ".".join([*parts[: len(parts) - above], *filter(None, [node.module])])


class Code:
    """The modules of an implementation; none if it does not have the package."""

    def __init__(self, root: Path, folder: str) -> None:
        """Parse `<root>/<folder>/bookstore`. Raises FailedError for a syntax error."""
        self.modules: dict[str, Module] = {}
        for path in sorted((root / folder / PACKAGE).rglob("*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            file = path.relative_to(root).as_posix()
            try:
                tree = ast.parse(path.read_bytes(), filename=file)
            except SyntaxError as error:
                raise FailedError(f"{file}:{error.lineno}: {error.msg}") from error
            self.modules[name] = Module(self, name, file, tree, is_package)


def _uses(definition: Definition) -> Iterator[Definition]:
    free = _free_names(definition.node)
    owner = definition.name.rpartition(".")[0]
    for node in _in_order(definition.node):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute) if owner:
                found = definition.module.definitions.get(f"{owner}.{attribute}")
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in free:
                module = definition.module.meaning(name)
                found_there = module.meaning(attribute) if isinstance(module, Module) else None
                found = found_there if isinstance(found_there, Definition) else None
            case ast.Name(id=name) if name in free:
                meant = definition.module.meaning(name)
                found = meant if isinstance(meant, Definition) else None
            case _:
                continue
        if found and found.node is not definition.node:
            yield found


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes in the order of the source. `ast.walk` would yield them level by level."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _free_names(node: Node) -> set[str]:
    """Return the names that refer to the module and not to local variables."""
    # The scopes of a definition are the same when it is compiled without its file.
    tables = [symtable.symtable(ast.unparse(node), "<definition>", "exec")]
    found = set()
    for table in tables:
        tables += table.get_children()
        symbols = table.get_symbols()
        found |= {each.get_name() for each in symbols if each.is_global() and each.is_referenced()}
    return found
