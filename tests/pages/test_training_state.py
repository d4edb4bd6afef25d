from explorer.app.training import TrainingState
from explorer.models import find_dataset, trainable_models


def test_the_first_state_is_a_model_that_fits_its_data():
    state = TrainingState()
    assert not state.edited
    assert "OUTPUTS = 2" in state.request.code


def test_data_brings_the_models_sizes_along():
    state = TrainingState().with_dataset("spiral")
    assert "OUTPUTS = 3" in state.request.code
    assert state.revision > TrainingState().revision
    assert state.with_model("deep").request.code == trainable_models()[2].code(find_dataset("spiral"))


def test_typed_code_is_kept_until_a_model_is_chosen():
    typed = TrainingState().with_request(code="model = nn.Linear(1, 1)")
    moved = typed.with_dataset("sine")
    assert moved.edited
    assert moved.request.code == "model = nn.Linear(1, 1)"
    assert moved.revision == typed.revision
    restored = moved.with_model("mlp")
    assert not restored.edited
    assert "INPUTS = 1" in restored.request.code
