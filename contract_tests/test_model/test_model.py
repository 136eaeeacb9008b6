"""Hypothesis plays shop: several people, and after each step every answer is as predicted."""

from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from harness import options
from harness.client import Client
from harness.target import Target
from test_model.buying import Buying
from test_model.crew import Crew
from test_model.keeping import Keeping
from test_model.looking import Looking
from test_model.machine import Machine
from test_model.shortening import shortest
from test_model.steps import STEPS, Step

AT_ONCE = 10
"""After so many runs Hypothesis tries variations of those it had: new ones are worth more."""


@pytest.fixture(scope="module")
def crew(anyone: Client, admin: Client, target: Target) -> Crew:
    """Who is in the shop, run after run."""
    return Crew.hired(anyone, admin, target.sandbox)


def test_the_shop_does_what_the_reference_does(crew: Crew) -> None:
    profile = options.chosen()
    for done in range(0, profile.model_examples, AT_ONCE):
        shop = shop_of(crew, Random(f"{profile.seed} {done}"))
        try:
            run(shop, min(AT_ONCE, profile.model_examples - done))
        except AssertionError as error:
            told = tell(shop.last, error)
            raise AssertionError(shortest(shop.last.taken, told, partial(retell, shop))) from None


def shop_of(crew: Crew, random: Random) -> type[Machine]:
    """A shop in which the same choices are other steps, by chance."""
    steps = list(STEPS)
    random.shuffle(steps)

    class Shop(Buying, Keeping, Looking):
        """All parts of it."""

        # Hypothesis's first run is the simplest of all: let that be one in which nothing happens.
        @rule(step=st.sampled_from([st.none(), *steps]).flatmap(lambda chosen: chosen))
        def take(self, step: Step | None) -> None:
            """Somebody does something."""
            if step:
                self.do(step)

    Shop.crew = crew
    return Shop


def run(shop: type[Machine], examples: int) -> None:
    """Let Hypothesis choose the steps. Raises AssertionError where an answer is wrong."""
    run_state_machine_as_test(
        seed(options.chosen().seed)(shop),
        settings=settings(
            max_examples=examples,
            stateful_step_count=options.chosen().model_steps,
            phases=[Phase.generate],  # `shortest` is faster than Phase.shrink
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def retell(shop: type[Machine], steps: list[Step]) -> str | None:
    """What goes wrong when these steps are taken in a new shop, if anything does."""
    machine = shop()
    try:
        machine.open()
        for step in steps:
            machine.do(step)
        machine.close()
    except AssertionError as error:
        return tell(machine, error)
    return None


def tell(machine: Machine, error: AssertionError) -> str:
    """What was done, and what was wrong in the end."""
    story = "\n".join(machine.counter.story)
    return f"{error}\n\nAfter {len(machine.taken)} steps in a shop that is filled:\n{story}"
