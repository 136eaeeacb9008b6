"""The reader shows the whole contract in readable form."""

from workbench import ROOT
from workbench.reader.contract import Contract, Member
from workbench.reader.rules import rules

CONTRACT = Contract(ROOT)
OPERATIONS = {operation.id: operation for operation in CONTRACT.operations}


def test_every_operation_is_read_with_its_line() -> None:
    lines = (ROOT / "spec" / "openapi.yaml").read_text().splitlines()
    for operation in OPERATIONS.values():
        assert lines[operation.line - 1].split() == ["operationId:", operation.id]
        assert operation.answers
        assert operation.tag in CONTRACT.tags
    assert len(OPERATIONS) == sum("operationId:" in line and "{" not in line for line in lines) - (
        sum(line.startswith(" " * 14 + "operationId:") for line in lines)
    )


def test_a_body_has_its_inner_members_and_an_example() -> None:
    (body,) = OPERATIONS["placeOrder"].bodies
    assert (body.media_type, body.schema) == ("application/json", "OrderPlacement")
    country = next(each for each in body.members if each.name == "shipping_address.country")
    assert country.required
    assert (country.type, country.rules) == ("string", "2 characters, matches ^[A-Z]{2}$")
    assert body.example is not None
    assert body.example["shipping_address"]["country"] == "GB"


def test_a_response_has_a_body_or_problems() -> None:
    answers = {answer.status: answer for answer in OPERATIONS["placeOrder"].answers}
    assert answers["201"].contents[0].schema == "Order"
    assert answers["409"].problems[:2] == ["cart-empty", "insufficient-stock"]
    assert answers["409"].contents == []
    assert {"Location", "ETag"} <= {header.name for header in answers["201"].headers}
    assert set(OPERATIONS["placeOrder"].problems) <= set(CONTRACT.problem_titles)


def test_a_parameter_has_its_place_and_its_rules() -> None:
    limit = next(each for each in OPERATIONS["listBooks"].parameters if each.name == "limit")
    assert limit == Member(
        "limit",
        "query",
        required=False,
        type="integer (int32)",
        rules="1 to 100, default 20",
        description="The maximum number of items on the page.",
    )


def test_rules_omit_what_a_format_or_a_convention_implies() -> None:
    formatted = {"minLength": 36, "maxLength": 36, "pattern": "[0-9a-f-]+", "format": "uuid"}
    assert list(rules(formatted, lambda node: node)) == []
    text = {"minLength": 1, "maxLength": 9, "pattern": r"^[^\u0000-\u001f]+$"}
    assert list(rules(text, lambda node: node)) == ["1 to 9 characters"]
    several = {"minItems": 1, "uniqueItems": True, "items": {"maximum": 3}}
    assert list(rules(several, lambda node: node)) == [
        "at least 1 items",
        "each once",
        "each at most 3",
    ]
