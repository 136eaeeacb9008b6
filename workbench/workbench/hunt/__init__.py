"""Seeded bugs: find one yourself (`make hunt`), or measure the suite (`make hunt-report`)."""
