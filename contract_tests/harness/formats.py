"""The contract's own string formats: how to make values, and how to tell them."""

import base64
import binascii
import random
import re
import string
from datetime import datetime, timedelta

CURRENCY = "EUR"
"""The currency that the suite's servers sell in."""

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}")


def check_digit(twelve: str) -> str:
    """The 13th digit of an ISBN."""
    weighted = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve))
    return str(-weighted % 10)


def isbn() -> str:
    """A random ISBN-13 that nothing else uses."""
    twelve = "978" + "".join(random.choices(string.digits, k=9))
    return twelve + check_digit(twelve)


def wrong_isbn() -> str:
    """An ISBN-13 with a wrong check digit."""
    right = isbn()
    return right[:12] + str((int(right[12]) + 1) % 10)


def word() -> str:
    """A random word: a name for what a test owns. No test searches for what begins with a q."""
    return "q" + "".join(random.choices(string.ascii_lowercase, k=11))


def email() -> str:
    return f"{word()}@contract.example"


def at_once(*moments: str) -> bool:
    """Whether timestamps were taken in one go."""
    times = [datetime.fromisoformat(moment) for moment in moments]
    return max(times) - min(times) < timedelta(seconds=1)


def is_isbn(value: object) -> bool:
    """Whether an ISBN-13 has the right check digit."""
    if not isinstance(value, str):
        return True
    return bool(re.fullmatch("[0-9]{13}", value)) and value[12] == check_digit(value[:12])


def is_email(value: object) -> bool:
    """Whether the contract takes it as an e-mail address."""
    return not isinstance(value, str) or bool(_EMAIL.fullmatch(value))


def is_currency(value: object) -> bool:
    """Whether it is a currency's code."""
    return not isinstance(value, str) or bool(re.fullmatch("[A-Z]{3}", value))


def is_cursor(value: object) -> bool:
    """Whether it is base64url without padding."""
    if not isinstance(value, str):
        return True
    try:
        base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        return False
    return True


CHECKS = {
    "isbn-13": is_isbn,
    "shop-email": is_email,
    "iso-4217": is_currency,
    "cursor": is_cursor,
}
