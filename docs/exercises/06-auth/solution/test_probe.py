"""May somebody do what their role allows, and nothing else?"""

import os

import httpx

shop = httpx.Client(base_url=os.environ["SHOP"], trust_env=False)


def signed_in(email: str, password: str = "bookstore-demo") -> dict[str, str]:
    answer = shop.post("/auth/login", json={"email": email, "password": password})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_role_that_was_taken_counts_no_longer() -> None:
    admin = signed_in("admin@bookstore.example")
    staff = signed_in("staff@bookstore.example")
    assert shop.get("/users/me", headers=staff).json()["role"] == "staff"
    assert shop.post("/authors", json={"name": "Before"}, headers=staff).status_code == 201

    me = shop.get("/users/me", headers=staff)
    path, tag = f"/users/{me.json()['id']}", {"If-Match": me.headers["ETag"]}
    assert shop.patch(path, json={"role": "customer"}, headers=admin | tag).status_code == 200

    assert shop.post("/authors", json={"name": "After"}, headers=staff).status_code == 403
