"""Record requests, and show how long each step of them takes (`make trace`)."""
