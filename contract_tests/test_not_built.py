"""What is not built yet is not there at all, and what is there is tested: not_built.py."""

import re

import pytest

from harness import contract
from harness.client import Client, refused
from harness.contract import Operation

NOT_BUILT = [operation for operation in contract.operations() if not operation.is_built]


@pytest.mark.parametrize("operation", NOT_BUILT, ids=str)
def test_an_operation_that_is_not_built_is_an_unknown_path(
    admin: Client, operation: Operation
) -> None:
    path = re.sub(r"\{\w+\}", "8d6d4a9e-4f0b-4c7e-9a51-0c2f7d1b3e11", operation.path)
    refused(admin.request(operation.method, path), 404, "not-found")
