"""May somebody do what their role allows, and nothing else?"""

import os

import httpx

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def signed_in(email: str, password: str = "bookstore-demo") -> dict[str, str]:
    answer = shop.post("/auth/login", json={"email": email, "password": password})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_customer_makes_no_authors() -> None:
    customer = signed_in("customer@bookstore.example")
    assert shop.post("/authors", json={"name": "Me"}, headers=customer).status_code == 403
