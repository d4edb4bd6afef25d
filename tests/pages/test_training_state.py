from explorer.app.training import TrainingState
from explorer.models import Recipe, find_dataset, loop, trainable_models

TABLE = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n"


def test_the_first_state_is_a_program_that_fits_its_data():
    state = TrainingState()
    assert not state.edited
    assert not state.loop_edited
    assert "OUTPUTS = 2" in state.code
    assert state.code.endswith(state.loop)


def test_data_brings_sizes_loss_and_a_model_that_fits():
    state = TrainingState().with_data(dataset="spiral")
    assert "OUTPUTS = 3" in state.code
    assert state.revision > TrainingState().revision
    deep = state.with_model("deep")
    assert deep.code == trainable_models()[2].program(find_dataset("spiral"), state.recipe)
    assert "MSELoss" in deep.with_data(dataset="sine").code
    text = deep.with_data(dataset="text")
    assert text.model == "text"
    assert text.with_data(dataset="digits").model == "cnn"


def test_the_loop_follows_the_recipe_and_the_model_stays_as_typed():
    typed = TrainingState()
    typed = typed.with_recipe(optimizer="Adam", epochs=7)
    assert "torch.optim.Adam(model.parameters(), lr=0.1)" in typed.code
    assert "EPOCHS = 7" in typed.code
    own = TrainingState(code="model = nn.Linear(2, 2)\n\n" + loop(TrainingState().recipe, "classes"))
    changed = own.with_recipe(batch_size=8)
    assert changed.code.startswith("model = nn.Linear(2, 2)\n\n")
    assert "BATCH_SIZE = 8" in changed.code
    assert changed.edited
    assert not changed.loop_edited


def test_a_loop_that_was_edited_is_left_alone_until_it_is_restored():
    own = TrainingState(code="model = nn.Linear(1, 1)")
    assert own.loop_edited
    assert own.with_recipe(epochs=3) == own
    moved = own.with_data(dataset="sine")
    assert moved.code == "model = nn.Linear(1, 1)"
    assert moved.revision == own.revision
    restored = moved.with_model("mlp")
    assert not restored.edited
    assert "INPUTS = 1" in restored.code


def test_a_table_of_ones_own_brings_its_sizes():
    state = TrainingState().with_data(dataset="table", table=TABLE)
    assert "INPUTS = 2" in state.code
    assert "OUTPUTS = 2" in state.code
    number = state.with_data(target="b")
    assert number.problem.key == "table.no_number"
    assert number.code == state.code
    mended = number.with_data(target="kind")
    assert mended.problem is None
    assert mended.request.data.table == TABLE


def test_a_number_that_cannot_be_changes_nothing_and_is_said():
    state = TrainingState().with_recipe(learning_rate=0.0)
    assert state.problem.key == "training.bad_learning_rate"
    assert state.code == TrainingState().code
    assert state.recipe == TrainingState().recipe
    assert Recipe(loss="MSELoss").loss_for("classes") == "CrossEntropyLoss"
