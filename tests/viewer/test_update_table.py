"""The table of what an optimizer did: columns that a person can follow, and numbers of the step."""

from explorer.derivatives.optimizers import formulas
from explorer.ir import ParameterUpdate, StepUpdate
from explorer.viewer.update_table import update_table


def adam(step_of_second=2.0):
    def one(name, step):
        return ParameterUpdate(
            name=name,
            shape=(2, 3) if name == "weight" else (),
            before=(0.5,),
            gradient=(0.25,),
            after=(0.375,),
            state={"step": (step,), "exp_avg": (0.025,), "exp_avg_sq": (6.25e-05,)},
            state_before={"step": (step - 1,), "exp_avg": (0.0,), "exp_avg_sq": (0.0,)},
        )

    return StepUpdate(optimizer="Adam", settings={}, parameters=(one("weight", 2.0), one("bias", step_of_second)))


def test_what_changed_is_before_and_now_and_the_count_of_steps_stands_above():
    table = update_table(adam(), "en")
    assert table["title"] == "What Adam did in this step · t = 2"
    assert table["headings"] == ["parameter, first element", "g", "m · exp_avg", "v · exp_avg_sq", "p", "change"]
    cells = [cell["text"] for cell in table["rows"][0]["cells"]]
    assert (table["rows"][0]["name"], table["rows"][1]["name"]) == ("weight[0, 0]", "bias")
    assert cells == ["0.25", "0 → 0.025", "0 → 6.25e-05", "0.5 → 0.375", "-0.125"]


def test_counts_that_differ_have_a_column():
    table = update_table(adam(7.0), "en")
    assert table["title"] == "What Adam did in this step"
    assert [row["cells"][1]["text"] for row in table["rows"]] == ["1 → 2", "6 → 7"]


def test_settings_in_formulas_are_written_with_powers_of_ten():
    settings = {"lr": 2.5e-05, "beta1": 0.9, "beta2": 0.999, "eps": 1e-08, "weight_decay": 0.0}
    *_, last = formulas(StepUpdate(optimizer="Adam", settings=settings))
    assert r"2.5 \cdot 10^{-5} \, \frac" in last
    assert last.endswith("+ 10^{-8}}")
