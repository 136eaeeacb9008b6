"""Floors: the least that a framework needs to give the shop's answers.

Each floor is a minimal application in one framework, served as that implementation is served: the
same server, the same options, the same environment. It reads the same database with the raw driver
and a pool, and gives the same answers. It answers only the requests that the benchmark sends. It
leaves out what makes the shop a product: an ORM, validation, content negotiation, error handling,
request ids and logs.

A floor uses only packages that the implementation's environment has:

| floor | driver | pool | JSON |
|---|---|---|---|
| Flask | psycopg | `connections.py`, because the environment has no psycopg_pool | json |
| Django | psycopg | the same, so that the two WSGI floors differ by their framework alone | json |
| FastAPI | asyncpg | asyncpg's | pydantic_core, which FastAPI brings |
"""
