"""The reader finds all code that serves an operation, each definition once."""

import re
from pathlib import Path

import pytest

from workbench import ROOT
from workbench.processes import FailedError
from workbench.reader import columns, finder
from workbench.reader.contract import Contract, Operation
from workbench.reader.modules import Code
from workbench.shops import implementations

OPERATIONS = Contract(ROOT).operations
CODES = {name: Code(ROOT, f"impl_{name}") for name in implementations()}

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
every_code = pytest.mark.parametrize("name", CODES)


@every_code
@every_operation
def test_an_operation_has_one_handler_and_each_part_is_found_once(
    name: str, operation: Operation
) -> None:
    found = finder.parts(CODES[name], operation.id)
    first, *others = found
    assert first.definition.short_name == finder.snake_case(operation.id)
    assert (first.kind, first.distance) == ("handler", 0)
    assert len(finder.handlers(CODES[name], operation.id)) == 1
    places = [(part.definition.file, part.definition.name) for part in found]
    assert len(set(places)) == len(places)
    assert others
    assert [part.distance for part in found] == sorted(part.distance for part in found)


KINDS = ("handler", "schema", "service", "model")


def side_by_side(operation_id: str) -> columns.Columns:
    return columns.Columns({name: finder.parts(code, operation_id) for name, code in CODES.items()})


@every_code
def test_placing_an_order_shows_code_from_the_handler_to_the_tables(name: str) -> None:
    shown = {
        (kind, definition.short_name)
        for kind in KINDS
        for row in side_by_side("placeOrder").rows(kind)
        for definition in row.cells.get(name, [])
    }
    assert {
        ("handler", "place_order"),
        ("schema", "OrderPlacement"),
        ("schema", "show_order"),
        ("service", "place_order"),
        ("service", "reserve_copies"),
        ("model", "Order"),
        ("model", "OrderLine"),
        ("model", "read_cart"),
    } <= shown


@every_code
def test_shared_code_and_tables_of_other_domains_are_only_named(name: str) -> None:
    named = {each.name for each in side_by_side("placeOrder").named[name]}
    assert {"CartEmpty", "version_tag", "Book"} <= named


@every_operation
def test_each_part_is_either_shown_or_named(operation: Operation) -> None:
    both = side_by_side(operation.id)
    for name, code in CODES.items():
        found = [part.definition for part in finder.parts(code, operation.id)]
        cells = [row.cells.get(name, []) for kind in KINDS for row in both.rows(kind)]
        shown = [definition for cell in cells for definition in cell]
        assert sorted(map(id, [*shown, *both.named[name]])) == sorted(map(id, found))
        assert shown


@every_code
def test_services_with_one_name_are_side_by_side(name: str) -> None:
    rows = side_by_side("cancelOrder").rows("service")
    (row,) = [
        row
        for row in rows
        if any(each.name == "cancel_order" for each in row.cells.get("flask", []))
    ]
    assert {each.short_name for each in row.cells[name]} == {"cancel_order"}


def test_an_implementation_without_python_has_no_code(tmp_path: Path) -> None:
    (tmp_path / "impl_fourth").mkdir()
    (tmp_path / "impl_fourth" / "main.go").write_text("package main\n")
    code = Code(tmp_path, "impl_fourth")
    assert code.modules == {}
    assert finder.parts(code, "placeOrder") == []


@every_operation
def test_a_route_in_the_url_configuration_is_found(operation: Operation) -> None:
    (handler,) = finder.handlers(CODES["django"], operation.id)
    (route,) = finder.routes(handler)
    assert route.file == "impl_django/bookstore/urls.py"
    assert re.sub("<[^>]*>", "{}", route.name) == re.sub("{[^}]*}", "{}", operation.path)
    assert route in [part.definition for part in finder.parts(CODES["django"], operation.id)]


def test_a_syntax_error_is_reported_with_its_line(tmp_path: Path) -> None:
    package = tmp_path / "impl_broken" / "bookstore"
    package.mkdir(parents=True)
    (package / "app.py").write_text("import os\ndef (:\n")
    with pytest.raises(FailedError, match=r"impl_broken/bookstore/app\.py:2: "):
        Code(tmp_path, "impl_broken")


VIEWS = '''
"""Operations."""
from typing import Any
from . import schemas as wire, services
from ..text import plain as words
from .models import Thing
from .absent import nothing

class Operations:
    @staticmethod
    def get_thing(request):
        """Names models.Hidden, services.hidden and Hidden in words only."""
        thing = services.find(request)
        services = wire
        return self._answer(wire.show(thing))

    def _answer(self, shown: "Any"):
        return words(shown)


def other(Thing, wire):
    return Thing, wire.show


async def list_things():
    async def inner():
        return await services.find_all(limit=[each for each in LIMITS])
    return await inner()

LIMITS = (1, 2)
'''


@pytest.fixture
def small(tmp_path: Path) -> Code:
    """A package with the cases that are hard to resolve."""
    files = {
        "__init__": "",
        "text": "def plain(text):\n    return text\n",
        "things/__init__": "",
        "things/views": VIEWS,
        "things/schemas": (
            "def show(thing):\n    return _all(thing)\n\n\ndef _all(thing):\n    ...\n"
        ),
        "things/services": (
            "from .queries import find, find_all\nfrom .models import Hidden\n\n\n"
            "def hidden():\n    return Hidden\n"
        ),
        "things/queries": (
            "from __future__ import annotations\nfrom .models import Thing\n"
            "if True:\n    import bookstore.things.models as tables\n\n\n"
            "def find(request) -> Thing:\n    return find_all(request)\n\n\n"
            "def find_all(limit):\n    return tables.Thing, find\n"
        ),
        "things/models": "class Thing:\n    hidden: Hidden\n\n\nclass Hidden:\n    ...\n",
    }
    for name, text in files.items():
        path = tmp_path / "impl_small" / "bookstore" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Code(tmp_path, "impl_small")


def names(code: Code, operation_id: str) -> list[tuple[str, str, int]]:
    return [
        (part.kind, part.definition.name, part.distance)
        for part in finder.parts(code, operation_id)
    ]


def test_names_are_resolved_through_imports_aliases_and_self(small: Code) -> None:
    assert names(small, "listThings") == [
        ("handler", "list_things", 0),
        ("model", "find_all", 1),
        ("handler", "LIMITS", 1),
        ("model", "Thing", 2),
        ("model", "find", 2),
        ("model", "Hidden", 3),
    ]


def test_a_variable_is_not_the_module_of_that_name(small: Code) -> None:
    """The function assigns to `services`, so the name is a local variable there."""
    assert names(small, "getThing") == [
        ("handler", "Operations.get_thing", 0),
        ("handler", "Operations._answer", 0),
        ("schema", "show", 1),
        ("other", "plain", 1),
        ("schema", "_all", 1),
    ]
    assert names(small, "other") == [("handler", "other", 0)]


def test_a_definition_knows_its_lines(small: Code) -> None:
    (handler,) = finder.handlers(small, "getThing")
    lines = (VIEWS.splitlines()[handler.first - 1], VIEWS.splitlines()[handler.last - 1])
    assert lines == ("    @staticmethod", "        return self._answer(wire.show(thing))")
