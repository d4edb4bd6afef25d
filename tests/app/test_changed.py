"""What the form asks for otherwise than the run that is shown."""

import pytest
from msgspec.structs import replace

from explorer.app.changed import changed
from explorer.app.training import TrainingState
from explorer.words import say

FIRST = TrainingState()
TABLE = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n"


def told(form, shown=FIRST):
    return [say(key) for key in changed(shown.request, form.request)]


@pytest.mark.parametrize(
    ("form", "labels"),
    [
        (FIRST, []),
        (FIRST.with_recipe(learning_rate=0.2), ["Learning rate"]),
        (FIRST.with_recipe(optimizer="Adam", epochs=3), ["Optimizer", "Epochs"]),
        (FIRST.with_recipe(scheduler="StepLR", zero_grad=False), ["Scheduler", "zero_grad each step"]),
        (FIRST.with_model("deep"), ["Model"]),
        (FIRST.with_data(dataset="spiral"), ["Data"]),
        (FIRST.with_data(dataset="text"), ["Data", "Model"]),
        (FIRST.with_data(held_back=0.5), ["Held back for validation"]),
        (replace(FIRST, seed=4, log=True, revision=9), ["Seed"]),
        (replace(FIRST, code=FIRST.code.replace("HIDDEN = 16", "HIDDEN = 8")), ["Code"]),
        (replace(FIRST, code=FIRST.code + "print(1)\n"), ["Code"]),
        (FIRST.with_device("cuda:0").with_recipe(autocast=True), ["bfloat16 autocast", "Device"]),
    ],
)
def test_each_choice_by_the_label_of_its_widget(form, labels):
    assert told(form) == labels
    assert sorted(told(FIRST, form)) == sorted(labels)


def test_a_text_that_both_share_is_no_change_of_its_own():
    typed = replace(FIRST, code=FIRST.code.replace("HIDDEN = 16", "HIDDEN = 8"))
    assert told(typed.with_recipe(clip=1.0), typed) == ["Clip gradients at"]
    assert told(replace(typed, seed=1), typed) == ["Seed"]


def test_tables():
    table = FIRST.with_data(dataset="table", table=TABLE)
    assert told(table.with_data(target="b"), table) == ["Column to predict"]
    assert told(table) == ["Data", "A CSV file"]
    broken = table.with_data(table="a,b\n1,x\n", target="b")
    assert told(broken, table)[:2] == ["A CSV file", "Column to predict"]


def test_every_choice_has_a_label():
    fields = type(FIRST.recipe).__struct_fields__
    assert [name for name in fields if say(f"training.{name}") == f"training.{name}"] == []
