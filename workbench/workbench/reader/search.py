"""The search index: operations, concerns, problems, documents, files and definitions."""

from collections.abc import Iterator
from typing import Any

from workbench.reader import places
from workbench.reader.documents import Documents
from workbench.reader.repository import Repository

Entry = tuple[str, str, str, str]
"""The kind, the name, the detail and the address of an entry."""
TESTS = "tests/"


def index(repository: Repository) -> dict[str, Any]:
    """Return the index for the script. Files and definitions use numbers, which keeps it small.

    A file has its key, page, prefix of anchors, and the columns of its implementations.
    A definition has its name, column, file and line.
    """
    place = places.Places(repository)
    numbers = {key: number for number, key in enumerate(repository.sources_by_key)}
    return {
        "titles": list(repository.titles.values()),
        "entries": [
            *_of_the_contract(repository),
            *_of_the_concerns(repository),
            *_of_the_documents(repository),
        ],
        "files": [
            (key, place.page(key), place.prefix(key), [*map(place.column, sources)])
            for key, sources in repository.sources_by_key.items()
        ],
        "code": list(_code(repository, numbers)),
    }


def _of_the_contract(repository: Repository) -> Iterator[Entry]:
    contract = repository.contract
    for operation in contract.operations:
        detail = f"{operation.method} {operation.path} · {operation.summary}"
        yield "operation", operation.id, detail, places.operation(operation.id)
    for slug, title in contract.problem_titles.items():
        yield "problem", slug, title, f"problems.html#{slug}"


def _of_the_concerns(repository: Repository) -> Iterator[Entry]:
    for concern in repository.concerns:
        detail = ", ".join(concern.patterns)
        yield "concern", concern.name, detail, f"concerns/{concern.slug}.html"


def _of_the_documents(repository: Repository) -> Iterator[Entry]:
    for file, title in Documents(repository).titles.items():
        yield "document", title, file, places.document(file)


def _code(repository: Repository, numbers: dict[str, int]) -> Iterator[tuple[str, int, int, int]]:
    """Yield the public definitions. Tests are in the index only as files."""
    for column, code in enumerate(repository.codes.values()):
        for module in code.modules.values():
            source = repository.source_by_file.get(module.file)
            if source and not source.key.startswith(TESTS):
                for each in module.definitions.values():
                    if not each.is_private:
                        yield each.name, column, numbers[source.key], each.first
