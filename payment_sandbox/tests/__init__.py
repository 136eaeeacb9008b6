"""The sandbox from outside: over a socket, against openapi.yaml."""
