"""The tags whose operations no implementation has built yet.

Their paths answer 404, and test_not_built.py fails as soon as one does not: a tag leaves this list
when it is built, and in the end the list is empty.
"""

TAGS = frozenset({"reviews", "cart", "orders", "payments", "reports"})
