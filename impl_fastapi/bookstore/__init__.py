"""The bookstore's contract in FastAPI: types drive everything, async throughout."""
