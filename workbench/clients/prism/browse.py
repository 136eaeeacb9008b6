"""Read from the mock server at BOOKSTORE_URL, and check its answers against the contract."""

import os
import sys
from pathlib import Path

import httpx
import yaml
from jsonschema import Draft202012Validator

CONTRACT = Path(__file__).parents[3] / "spec" / "openapi.yaml"
READS = {
    "listBooks": "/books?q=hobbit&limit=3",
    "getBook": "/books/f78658bf-428b-4510-ac7a-892f2e50a002",
    "listReviews": "/books/f78658bf-428b-4510-ac7a-892f2e50a002/reviews",
}


def main(url: str) -> None:
    contract = yaml.safe_load(CONTRACT.read_text())
    operations = {
        operation["operationId"]: operation
        for path in contract["paths"].values()
        for operation in path.values()
    }
    for name, path in READS.items():
        answer = httpx.get(url + path, timeout=30)
        if answer.status_code != httpx.codes.OK:
            sys.exit(f"{name}: {answer.status_code} {answer.text}")
        if violations := answer.headers.get("sl-violations"):  # of Prism's own check
            sys.exit(f"{name}: {violations}")
        ok = operations[name]["responses"]["200"]
        schema = ok["content"]["application/json"]["schema"]
        validator = Draft202012Validator({**schema, "components": contract["components"]})
        if faults := [fault.message for fault in validator.iter_errors(answer.json())]:
            sys.exit(f"{name}: {faults}")


if __name__ == "__main__":
    main(os.environ["BOOKSTORE_URL"])
