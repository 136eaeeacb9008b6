"""The recorder puts spans around the steps of a shop, and does not change what they do."""

import ast
import asyncio
import inspect
import json
import subprocess
import sys
import types
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from bookstore_recorder import shop as recorded_shop
from bookstore_recorder.spans import is_traced, span, traced, traced_dependency
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from workbench import ROOT
from workbench.shops import implementations
from workbench.trace.recording import RECORDER

SOURCE = '''
import functools

def operation(access):
    def decorate(view):
        @functools.wraps(view)
        def checked():
            return view()
        return checked
    return decorate

@operation("staff")
def list_things():
    """listThings."""
    return _answer()

def _answer():
    return "things"

class Things:
    @property
    def many(self):
        return 2

    def list(self):
        return self.many
'''


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """The exporter with the spans that end during a test."""
    exporter.clear()
    return exporter


def tree(spans: InMemorySpanExporter) -> list[tuple[str, str | None]]:
    """Return the name of each span and of its parent, in the order of their starts."""
    ended: list[ReadableSpan] = sorted(
        spans.get_finished_spans(), key=lambda each: each.start_time or 0
    )
    names = {each.context.span_id: each.name for each in ended if each.context}
    return [(each.name, names.get(each.parent.span_id) if each.parent else None) for each in ended]


def test_a_view_and_its_decorators_have_separate_spans(spans: InMemorySpanExporter) -> None:
    module: Any = types.ModuleType("bookstore.things.views")
    code = compile(recorded_shop.with_spans(SOURCE, module.__name__), "x", "exec")
    exec(code, module.__dict__)  # noqa: S102 -- the source is the constant above
    spans.clear()
    assert module.list_things() == "things"
    assert module.list_things.__doc__ == "listThings."
    assert module.Things().list() == module.Things().many
    assert tree(spans) == [
        ("things.views.operation", None),
        ("things.views.list_things", "things.views.operation"),
        ("things.views.Things.list", None),
    ]


def test_only_functions_of_the_shop_have_a_phase() -> None:
    assert recorded_shop.phase_of("bookstore.orders.services", "place_order") == "service"
    assert recorded_shop.phase_of("bookstore.http", "answer") == "answer"
    assert recorded_shop.phase_of("bookstore.orders.models") is None
    assert recorded_shop.phase_of("flask.views") is None


def test_helpers_of_one_line_have_no_span() -> None:
    one_line = 'def money():\n    """Return the price."""\n    return 1\n'
    two_lines = "def read():\n    body = 1\n    return body\n"
    assert "traced" not in ast.unparse(recorded_shop.with_spans(one_line, "bookstore.http"))
    assert "traced" in ast.unparse(recorded_shop.with_spans(two_lines, "bookstore.http"))
    assert "traced" in ast.unparse(recorded_shop.with_spans(one_line, "bookstore.cart.views"))


def test_the_span_of_a_coroutine_ends_when_it_is_done(spans: InMemorySpanExporter) -> None:
    @traced("outer", "service")
    async def outer() -> str:
        await asyncio.sleep(0)
        with span("inner", "sql"):
            return "done"

    async def two() -> list[str]:
        return list(await asyncio.gather(outer(), outer()))

    assert inspect.iscoroutinefunction(outer)
    assert is_traced(outer)
    assert asyncio.run(two()) == ["done", "done"]
    assert sorted(tree(spans), key=str) == [("inner", "outer")] * 2 + [("outer", None)] * 2


@pytest.mark.parametrize("fails", [False, True])
def test_a_dependency_has_a_span_before_its_yield_and_one_after(
    spans: InMemorySpanExporter, *, fails: bool
) -> None:
    ends: list[str] = []

    def session() -> Iterator[int]:
        try:
            yield 1
            ends.append("commit")
        except ValueError:
            ends.append("rollback")
            raise

    def use() -> None:
        with contextmanager(traced_dependency(session, "session", "transaction"))() as value:
            assert value == 1
            with span("handler", "handler"):
                pass
            if fails:
                raise ValueError("after the handler")

    if fails:
        with pytest.raises(ValueError, match="after the handler"):
            use()
    else:
        use()
    assert ends == ["rollback" if fails else "commit"]
    names = ("session, until yield", "handler", "session, after yield")
    assert tree(spans) == [(name, None) for name in names]


def test_an_async_dependency_has_a_span_before_its_yield_and_one_after(
    spans: InMemorySpanExporter,
) -> None:
    async def session() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)

    async def use() -> None:
        made = traced_dependency(session, "session", "transaction")
        assert inspect.isasyncgenfunction(made)
        async with asynccontextmanager(made)() as value:
            assert value == 1

    asyncio.run(use())
    assert tree(spans) == [("session, until yield", None), ("session, after yield", None)]


def test_the_hidden_sitecustomize_is_run(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('the hidden one')\n")
    environment = {"PYTHONPATH": f"{RECORDER}:{tmp_path}"}
    command = [sys.executable, "-c", "print('the program')"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["the hidden one", "the program", ""]


RECORDED = {
    "flask": ("MapAdapter.match", "logs.register.begin", "Response to the server"),
    "fastapi": ("envelope.Envelope", "Router.app: find the route", "Response to the server"),
    "django": ("BaseHandler.resolve_request", "middleware.ServiceMiddleware", "APIView.dispatch"),
}


@pytest.mark.parametrize("name", [name for name in implementations() if name in RECORDED])
def test_a_whole_request_is_recorded(name: str, tmp_path: Path) -> None:
    """Record each implementation that has an environment on this machine."""
    for needed in (f"impl_{name}", "contract_tests", "payment_sandbox"):
        if not (ROOT / needed / ".venv").is_dir():
            pytest.skip(
                f"needs the environment of {needed}; `make trace OP=createPayment` creates it"
            )
    command = [sys.executable, "-m", "workbench.trace", "--impl", name, "--op", "createPayment"]
    command += ["--results", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{name}: 201 after " in done.stdout
    data = json.loads((tmp_path / "createPayment.json").read_text())["implementations"][name]
    names = {each["name"] for each in data["spans"]}
    assert {*RECORDED[name], "COMMIT", "payments.services.create_payment"} <= names
    assert {"client", "auth", "input", "handler", "service", "answer"} <= {
        each["kind"] for each in data["spans"]
    }
    summary = data["summary"]
    assert summary["calls"] == 1
    assert summary["statements"] > 0
    parts = [
        value for part, value in summary.items() if part.endswith("_us") and part != "total_us"
    ]
    assert sum(parts) == pytest.approx(summary["total_us"], rel=0.05)
