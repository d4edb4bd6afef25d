import ast
import math
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ir import Sentence
from explorer.models import (
    ModelError,
    catalogue,
    datasets,
    find,
    find_dataset,
    is_catalogue_code,
    models_for,
    trainable_models,
)
from explorer.words import LANGUAGES, say, tell
from explorer.words import catalogue as texts

SMALL = ("simple_model", "mlp", "lenet", "rnn", "lstm", "gru", "transformer", "gpt", "gan", "vae")


def build(code: str) -> dict[str, object]:
    torch.manual_seed(0)
    namespace: dict[str, object] = {}
    exec(compile(code, "<snippet>", "exec"), namespace)
    return namespace


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.name)
def test_snippet_builds_what_the_catalogue_says(model):
    namespace = build(model.code())
    network, x, loss = namespace["model"], namespace["x"], namespace["loss"]
    assert sum(parameter.numel() for parameter in network.parameters()) == model.parameter_count
    assert tuple(x.shape) == (model.batch, *model.shape)
    assert loss.shape == ()
    assert torch.isfinite(loss)
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.name)
def test_snippet_is_short_plain_and_leaves_backward_to_the_product(model):
    code = model.code()
    assert len(code.encode()) < 20_000
    names = {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    assert not names & {"backward", "manual_seed"}
    assert code.startswith("import torch\nimport torch.nn as nn\n")


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_loss(name):
    assert torch.equal(build(find(name).code())["loss"], build(find(name).code())["loss"])


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("end", ["smallest", "largest"])
def test_small_models_take_the_ends_of_their_ranges(name, end):
    model = find(name)
    shape = tuple(getattr(axis, end) for axis in model.axes)
    batch = max(1, min(model.most_batch, model.most_elements // torch.Size(shape).numel()))
    assert tuple(build(model.code(batch, shape))["x"].shape) == (batch, *shape)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "densenet201"])
def test_image_models_take_their_smallest_images(name):
    model = find(name)
    shape = tuple(axis.smallest for axis in model.axes)
    assert torch.isfinite(build(model.code(1, shape))["loss"])


def test_resnet18_has_the_layer_names_of_torchvision():
    with torch.device("meta"):
        keys = list(build(find("resnet18").code())["model"].state_dict())
    block = ["conv1.weight", *norm("bn1"), "conv2.weight", *norm("bn2")]
    expected = ["conv1.weight", *norm("bn1")]
    for layer in (1, 2, 3, 4):
        for index in (0, 1):
            shortcut = ["downsample.0.weight", *norm("downsample.1")] if layer > 1 and index == 0 else []
            expected += [f"layer{layer}.{index}.{key}" for key in block + shortcut]
    assert keys == [*expected, "fc.weight", "fc.bias"]


def norm(name: str) -> list[str]:
    return [f"{name}.{key}" for key in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")]


def test_alexnet_has_the_layer_names_of_torchvision():
    with torch.device("meta"):
        state = build(find("alexnet").code())["model"].state_dict()
    layers = [f"features.{index}" for index in (0, 3, 6, 8, 10)] + [f"classifier.{index}" for index in (1, 4, 6)]
    assert list(state) == [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]
    assert state["classifier.1.weight"].shape == (4096, 9216)


def test_resnet101_has_23_blocks_in_its_third_stage():
    with torch.device("meta"):
        state = build(find("resnet101").code())["model"].state_dict()
    assert state["layer3.22.conv3.weight"].shape == (1024, 256, 1, 1)
    assert "layer3.23.conv1.weight" not in state
    assert state["layer1.0.downsample.0.weight"].shape == (256, 64, 1, 1)


def test_densenet201_has_the_layer_names_of_torchvision():
    with torch.device("meta"):
        state = build(find("densenet201").code())["model"].state_dict()
    expected = ["features.conv0.weight", *norm("features.norm0")]
    for number, layers in ((1, 6), (2, 12), (3, 48), (4, 32)):
        for layer in range(1, layers + 1):
            path = f"features.denseblock{number}.denselayer{layer}"
            expected += [*norm(f"{path}.norm1"), f"{path}.conv1.weight", *norm(f"{path}.norm2"), f"{path}.conv2.weight"]
        if number < 4:
            expected += [*norm(f"features.transition{number}.norm"), f"features.transition{number}.conv.weight"]
    assert list(state) == [*expected, *norm("features.norm5"), "classifier.weight", "classifier.bias"]
    assert state["features.denseblock4.denselayer32.conv1.weight"].shape == (128, 1888, 1, 1)
    assert state["classifier.weight"].shape == (1000, 1920)


@pytest.mark.parametrize(("name", "keys"), [("resnet34", 218), ("resnet50", 320), ("mobilenet_v2", 314), ("vgg16", 32)])
def test_published_checkpoints_have_as_many_entries(name, keys):
    with torch.device("meta"):
        state = build(find(name).code())["model"].state_dict()
    assert len(state) == keys
    known = {
        "resnet34": ("layer3.5.bn2.running_var", (256,)),
        "resnet50": ("layer3.5.conv3.weight", (1024, 256, 1, 1)),
        "mobilenet_v2": ("features.17.conv.1.0.weight", (960, 1, 3, 3)),
        "vgg16": ("classifier.6.weight", (1000, 4096)),
    }
    key, shape = known[name]
    assert state[key].shape == shape


def test_the_generator_has_the_keys_of_the_notes_class():
    """``nn.Sequential`` of padding, convolution, norm and ReLU, nine blocks from place 10, two ways up, and the last convolution."""
    with torch.device("meta"):
        state = build(find("cyclegan").code())["model"].state_dict()
    blocks = [f"{place}.conv_block.{inner}" for place in range(10, 19) for inner in (1, 5)]
    layers = ["1", "4", "7", *blocks, "19", "22", "26"]
    assert list(state) == [f"model.{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]
    assert state["model.19.weight"].shape == (256, 128, 3, 3)


def test_gpt_shares_one_weight_unless_told_otherwise():
    tied = build(find("gpt").code())["model"]
    assert tied.head.weight is tied.tokens.weight
    loose = build(find("gpt").code().replace("TIED = True", "TIED = False"))["model"]
    assert loose.head.weight is not loose.tokens.weight


@settings(deadline=None)
@given(st.sampled_from(catalogue()), st.data())
def test_every_size_in_range_is_catalogue_code_and_nothing_added_to_it(model, data):
    shape = tuple(data.draw(st.integers(axis.smallest, min(axis.largest, 128))) for axis in model.axes)
    batch = data.draw(st.integers(1, min(model.most_batch, model.most_elements // math.prod(shape))))
    code = model.code(batch, shape)
    namespace = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(code).body[2:] if sizes(node)}
    assert namespace["BATCH"] == batch
    assert namespace["SHAPE"] == shape
    assert is_catalogue_code(code)
    place = data.draw(st.integers(code.index("class "), len(code) - 2))
    extra = data.draw(st.sampled_from(["x", "#", " ", "\n", "print(1)\n", "BATCH = 2\n", "\x0c"]))
    assert not is_catalogue_code(code[:place] + extra + code[place:])
    assert not is_catalogue_code(code[:place] + code[place + 1 :])


def sizes(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("BATCH", "SHAPE")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "BATCH = 1\nSHAPE = (2,)\n",
        find("mlp").code().replace("BATCH = 4", "BATCH = 4000"),
        find("mlp").code().replace("BATCH = 4", "BATCH = ٤"),
        find("mlp").code().replace("SHAPE = (2,)", "SHAPE = (2)"),
        find("mlp").code() + "\nwhile True: pass",
        find("resnet101").code() + "\n\n\nx = torch.zeros(10**9)",
        "import math\n" + find("mlp").code(),
    ],
)
def test_other_code_is_not_catalogue_code(code):
    assert not is_catalogue_code(code)


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        ({"batch": 0}, "from 1 to 16"),
        ({"batch": 17}, "from 1 to 16"),
        ({"batch": True}, "whole number"),
        ({"batch": "1; import os"}, "whole number"),
        ({"shape": (3, 224)}, "3 sizes"),
        ({"shape": (3, 32, 224)}, "64 to 512"),
        ({"shape": (3, 224.0, 224)}, "whole number"),
        ({"batch": 16, "shape": (3, 512, 512)}, "smaller batch"),
    ],
)
def test_sizes_that_do_not_fit_get_a_sentence(arguments, piece):
    with pytest.raises(ValueError, match=piece) as caught:
        find("resnet18").code(**arguments)
    assert isinstance(caught.value.sentence, Sentence)
    assert all("{" not in tell(caught.value.sentence, language) for language in LANGUAGES)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ModelError, match="did you mean resnet18"):
        find("ResNet-18")
    with pytest.raises(ModelError, match="did you mean moons"):
        find_dataset("moon")


def test_every_model_has_its_words():
    keys = [key for entry in (*catalogue(), *datasets()) for key in (entry.title, entry.description)]
    keys += [f"models.kind.{model.kind}" for model in catalogue()]
    keys += [model.title for model in trainable_models()] + [axis.key for model in catalogue() for axis in model.axes]
    assert not [key for key in keys if key not in texts()]
    assert say(find("gpt").title, "ko") == "작은 GPT"


@pytest.mark.parametrize("dataset", datasets(), ids=lambda dataset: dataset.name)
def test_trainable_models_fit_the_datasets_that_they_say(dataset):
    kind = torch.long if dataset.source == "text" else torch.float32
    assert models_for(dataset)
    for model in models_for(dataset):
        network = build(model.code(dataset))["model"]
        assert network(torch.zeros(5, dataset.inputs, dtype=kind)).shape == (5, dataset.outputs)


def test_reading_the_catalogue_needs_no_torch():
    program = "import sys, explorer.models as m; [x.code() for x in m.catalogue()]; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
