import pytest

from explorer.app.models import ModelsState, count_text, found, from_model_on, opened, untaught
from explorer.ir import Loading
from explorer.models import catalogue, find


def test_searching_finds_by_name_family_kind_and_korean():
    assert [model.name for model in found("resnet", "image")] == ["resnet18", "resnet34", "resnet50", "resnet101"]
    assert {model.name for model in found("sequences", "")} == {m.name for m in catalogue() if m.kind == "sequence"}
    assert "densenet201" in {model.name for model in found("이미지 dense", "")}
    assert found("resnet nothing", "") == ()
    assert found("", "") == catalogue()


def test_a_model_is_asked_for_as_the_graph_page_would():
    state = ModelsState().with_model("lenet")
    assert state.request() == state.graph_of(state.code).request()
    assert state.graph_of(state.code).model == "lenet"
    own = state.with_code("model = nn.Linear(2, 1)\nmodel(torch.ones(2))")
    assert (own.model, own.graph_of(own.code).source) == (None, "code")
    assert own.with_code(find("mlp").code()).model == "mlp"


@pytest.mark.parametrize(("count", "text"), [(61_100_840, "61.1 M"), (999, "999"), (1_814_073_344, "1.814 G")])
def test_large_counts_have_four_digits(count, text):
    assert count_text(count) == text


def test_a_module_is_opened_with_those_around_it():
    assert opened("model.layer1.0") == ("model", "model.layer1", "model.layer1.0")


def test_only_weights_that_came_whole_are_taken_for_learnt():
    def loaded(matched, missing=(), misshapen=0):
        counts = (len(missing), 0, misshapen)
        return Loading(format="pt", tensors=9, matched=matched, wanted=9, missing=missing, counts=counts)

    assert untaught(None) == untaught(loaded(0, ("a",) * 9)) == "inference.random"
    assert untaught(loaded(9)) == untaught(loaded(8, ("bn.num_batches_tracked",))) == ""
    assert untaught(loaded(8, ("fc.bias",))) == untaught(loaded(8, misshapen=1)) == "inference.partly"


def test_code_is_shown_from_the_model_on():
    assert from_model_on(find("lenet").code()).startswith("model = LeNet")
    assert from_model_on("x = 1") == "x = 1"
