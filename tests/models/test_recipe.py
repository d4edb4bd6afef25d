from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.models import (
    LOSSES,
    ModelError,
    OptimizerName,
    Recipe,
    SchedulerName,
    find_dataset,
    loop,
    recipe_of,
    trainable_models,
)
from explorer.worker import gate

RATES = st.floats(1e-9, 1e3)


@st.composite
def recipes(draw):
    return Recipe(
        loss=draw(st.sampled_from(LOSSES["classes"])),
        optimizer=draw(st.sampled_from(get_args(OptimizerName))),
        learning_rate=draw(RATES),
        momentum=draw(st.just(0.0) | st.floats(0, 0.999)),
        nesterov=draw(st.booleans()),
        weight_decay=draw(st.just(0.0) | RATES),
        scheduler=draw(st.sampled_from(get_args(SchedulerName))),
        epochs=draw(st.integers(1, 10_000)),
        batch_size=draw(st.integers(1, 4_096)),
        clip=draw(st.just(0.0) | RATES),
        autocast=draw(st.booleans()),
        zero_grad=draw(st.booleans()),
    )


@given(recipes())
def test_a_loop_tells_its_recipe_again(recipe):
    """What an optimizer does not take is not written, so only the loops need to agree."""
    text = loop(recipe, "classes")
    gate.check(text)
    found = recipe_of(trainable_models()[1].program(find_dataset("moons"), recipe), "classes")
    assert found is not None
    assert loop(found, "classes") == text


@pytest.mark.parametrize(
    "change", [("EPOCHS = 40", "EPOCHS = 4 * 10"), ("loss.backward()", "(2 * loss).backward()"), ("lr=0.1", "lr=0.0")]
)
def test_an_edited_loop_is_no_recipe(change):
    assert recipe_of(loop(Recipe(), "classes").replace(*change), "classes") is None
    assert recipe_of("model = 1", "classes") is None


@pytest.mark.parametrize(
    ("fields", "piece"),
    [
        ({"learning_rate": 0.0}, "learning rate is 0.0"),
        ({"momentum": 1.0}, "momentum is 1.0"),
        ({"weight_decay": -1.0}, "weight decay is -1.0"),
        ({"clip": float("nan")}, "clipped at nan"),
        ({"epochs": 0}, "0 epochs"),
        ({"batch_size": 5000}, "batch of 5000"),
    ],
)
def test_a_number_that_cannot_be_gets_a_sentence(fields, piece):
    with pytest.raises(ModelError, match=piece):
        loop(Recipe(**fields), "classes")
