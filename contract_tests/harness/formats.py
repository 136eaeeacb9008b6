"""The contract's string formats: generating values, and checking them."""

import base64
import binascii
import random
import re
import string
from datetime import datetime, timedelta

CURRENCY = "EUR"
"""The currency of the suite's servers."""


def check_digit(twelve: str) -> str:
    """Return the 13th digit of an ISBN."""
    weighted = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve))
    return str(-weighted % 10)


def isbn() -> str:
    """Return a random ISBN-13."""
    twelve = "978" + "".join(random.choices(string.digits, k=9))
    return twelve + check_digit(twelve)


def wrong_isbn() -> str:
    """Return an ISBN-13 with a wrong check digit."""
    right = isbn()
    return right[:12] + str((int(right[12]) + 1) % 10)


def word() -> str:
    """Return a random word that begins with q, a letter for which no test searches."""
    return "q" + "".join(random.choices(string.ascii_lowercase, k=11))


def email() -> str:
    """Return a random e-mail address."""
    return f"{word()}@contract.example"


def at_once(*moments: str) -> bool:
    """Return whether timestamps are less than a second apart."""
    times = [datetime.fromisoformat(moment) for moment in moments]
    return max(times) - min(times) < timedelta(seconds=1)


def is_isbn(value: object) -> bool:
    """Return whether an ISBN-13 has the right check digit."""
    if not isinstance(value, str):
        return True
    return bool(re.fullmatch("[0-9]{13}", value)) and value[12] == check_digit(value[:12])


def is_currency(value: object) -> bool:
    """Return whether a value has the form of a currency code."""
    return not isinstance(value, str) or bool(re.fullmatch("[A-Z]{3}", value))


def is_cursor(value: object) -> bool:
    """Return whether a value is base64url without padding."""
    if not isinstance(value, str):
        return True
    try:
        base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        return False
    return True


CHECKS = {
    "isbn-13": is_isbn,
    "iso-4217": is_currency,
    "cursor": is_cursor,
}
