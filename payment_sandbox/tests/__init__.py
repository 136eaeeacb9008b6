"""Tests of the sandbox over HTTP; every response is checked against openapi.yaml."""
