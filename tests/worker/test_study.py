"""Checkpoints, pictures and static ways in the child, against torch, PIL and numpy."""

import io
import json

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from explorer.app.looks import HARMFUL_PICKLE
from explorer.ir import InferenceRequest, StaticRequest
from explorer.models import FUNCTIONS
from explorer.worker.files import BadFileError
from explorer.worker.study import compare_ways, infer, pictures
from explorer.worker.study.checkpoint import suggestion
from explorer.worker.study.drawings import HEIGHT, WIDTH, drawn

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=4)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(4 * 4 * 4, 6)
    def forward(self, x):
        return self.fc(self.drop(torch.relu(self.bn(self.conv(x)))).flatten(1))
model = Net()
out = model(torch.ones(2, 3, 16, 16))
"""
REQUEST = InferenceRequest(code=NET, shape=(3, 16, 16), seed=3)


@pytest.fixture(autouse=True)
def _one_thread():
    """As in a worker."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def net():
    names = {"torch": torch, "nn": nn}
    torch.manual_seed(3)
    exec(NET.rpartition("\nout")[0], names)
    return names["model"]


def saved(value):
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def png(image, kind="PNG"):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 90), st.integers(8, 90), st.integers(4, 60), st.integers(0, 2**32 - 1))
def test_resizing_is_pils(height, width, size, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    ours = pictures.resize(torch.from_numpy(pixels).permute(2, 0, 1), size)
    short = min(height, width)
    sides = (max(1, int(size * width / short)), max(1, int(size * height / short)))
    theirs = np.asarray(Image.fromarray(pixels).resize(sides, Image.Resampling.BILINEAR)).astype(int)
    difference = np.abs(ours.permute(1, 2, 0).numpy().astype(int) - theirs)
    assert difference.max() <= 1


def test_each_step_of_the_preparation():
    image = drawn("horse")
    steps = list(pictures.prepared(image, (3, 224, 224), True))
    assert [stage.call.partition("(")[0] for stage, _ in steps] == [
        "Image",
        "Resize",
        "CenterCrop",
        "ToTensor",
        "Normalize",
    ]
    assert [tuple(tensor.shape) for _, tensor in steps] == [(3, HEIGHT, WIDTH), (3, 256, 341), *3 * [(3, 224, 224)]]
    resized, cropped, scaled, last = (tensor for _, tensor in steps[1:])
    assert torch.equal(cropped, resized[:, 16:240, 58:282])
    expected = (cropped.numpy() / 255 - np.array([[[0.485]], [[0.456]], [[0.406]]])) / np.array(
        [[[0.229]], [[0.224]], [[0.225]]]
    )
    assert np.allclose(last.numpy(), expected, atol=1e-6)
    for stage, tensor in steps:
        assert (stage.low, stage.high) == (tensor.min().item(), tensor.max().item())
    assert scaled.dtype is torch.float32


def test_a_grey_model_gets_pils_grey():
    steps = {stage.name: tensor for stage, tensor in pictures.prepared(drawn("shapes"), (1, 28, 28), True)}
    crop = Image.fromarray(steps["crop"].permute(1, 2, 0).numpy())
    assert np.abs(steps["grey"][0].numpy().astype(int) - np.asarray(crop.convert("L")).astype(int)).max() <= 1
    assert steps["normalize"].shape == (1, 28, 28)


@pytest.mark.parametrize("name", ["horse", "digit", "shapes", "stripes"])
def test_drawings_are_pictures_and_the_same_every_time(name):
    image = drawn(name)
    assert (image.dtype, tuple(image.shape)) == (torch.uint8, (3, HEIGHT, WIDTH))
    assert torch.equal(image, drawn(name))
    assert image.unique().numel() > 1


def test_pictures_are_decoded_and_what_is_none_is_refused():
    colours = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert torch.equal(pictures.decode(png(Image.fromarray(colours))), torch.from_numpy(colours).permute(2, 0, 1))
    clear = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    assert pictures.decode(png(clear)).unique().tolist() == [255]
    assert pictures.decode(png(Image.new("RGB", (9, 4), (200, 10, 10)), "JPEG")).shape == (3, 4, 9)
    whole = png(Image.fromarray(colours))
    for payload, key in (
        (b"nonsense", "unknown"),
        (png(Image.new("RGB", (2, 2)), "GIF"), "unknown"),
        (whole[: len(whole) - 30], "broken"),
        (png(Image.new("1", (pictures.MOST_SIDE + 1, 1))), "large"),
    ):
        with pytest.raises(BadFileError) as caught:
            pictures.decode(payload)
        assert caught.value.sentence.key == f"inference.picture.{key}"


def test_the_top_five_are_those_of_plain_torch_in_eval_mode():
    answer = infer(REQUEST, b"", b"")
    assert (answer.status, answer.message) == ("ok", None)
    *_, (_, tensor) = pictures.prepared(drawn("horse"), (3, 16, 16), True)
    model = net().eval()
    with torch.no_grad():
        shares = torch.softmax(model(tensor[None])[0].double(), 0)
    expected = sorted(range(6), key=lambda at: -shares[at])[:5]
    assert [guess.index for guess in answer.said[0].top] == expected
    assert [guess.share for guess in answer.said[0].top] == pytest.approx(shares[expected].tolist(), rel=1e-5)


def test_train_mode_differs_by_batch_norm_and_dropout_and_buffers_stay():
    answer = infer(REQUEST, b"", b"")
    evaluated, trained, again = answer.said
    assert (evaluated.mode, trained.mode, again.mode) == ("eval", "train", "train")
    assert len({evaluated.mean, trained.mean, again.mean}) == 3  # dropout draws anew
    changes = {change.module: change for change in answer.changes}
    assert changes.keys() == {"bn", "drop"}
    assert changes["bn"].train_mean == pytest.approx(0, abs=1e-5)
    assert changes["bn"].train_std == pytest.approx(1, abs=1e-2)
    *_, (_, tensor) = pictures.prepared(drawn("horse"), (3, 16, 16), True)
    with torch.no_grad():
        before = net().conv(tensor[None])
    assert changes["bn"].eval_mean == pytest.approx(before.mean().item(), abs=1e-4)  # running mean 0 and variance 1


def test_a_checkpoint_is_loaded_and_every_name_that_does_not_fit_is_told():
    state = {
        name: torch.rand_like(tensor) if tensor.is_floating_point() else tensor
        for name, tensor in net().state_dict().items()
    }
    whole = infer(REQUEST, saved(state), b"")
    assert (whole.loading.matched, whole.loading.wanted, whole.loading.counts) == (9, 9, (0, 0, 0))
    model = net().eval()
    model.load_state_dict(state)
    *_, (_, tensor) = pictures.prepared(drawn("horse"), (3, 16, 16), True)
    with torch.no_grad():
        assert whole.said[0].top[0].score == pytest.approx(model(tensor[None]).max().item(), rel=1e-5)

    del state["bn.bias"]
    state |= {"fc.weight": torch.zeros(10, 64), "head.bias": torch.zeros(1)}
    loading = infer(REQUEST, safetensors.torch.save(state), b"").loading
    assert (loading.missing, loading.unexpected) == (("bn.bias",), ("head.bias",))
    assert [(one.name, one.wanted, one.given) for one in loading.misshapen] == [("fc.weight", (6, 64), (10, 64))]
    assert (loading.counts, loading.format) == ((1, 1, 1), "safetensors")


@pytest.mark.parametrize("prefix", ["module.", "model.", "state_dict.module."])
def test_prefixes_are_suggested_and_taken_off(prefix):
    wanted = net().state_dict()
    given_names = {f"{prefix}{name}": tensor for name, tensor in wanted.items()}
    assert suggestion(wanted, given_names, "") == prefix
    assert suggestion(wanted, given_names, prefix) is None
    assert suggestion(wanted, wanted, "x.") is None
    request = InferenceRequest(code=NET, shape=(3, 16, 16), prefix=prefix, look=False)
    loading = infer(request, safetensors.torch.save(given_names), b"").loading
    assert (loading.matched, loading.counts) == (9, (0, 0, 0))


def test_names_of_classes_come_with_the_weights():
    names = tuple("abcdef")
    state = net().state_dict()
    assert infer(REQUEST, saved({"state_dict": state, "classes": list(names)}), b"").labels == names
    header = {"id2label": json.dumps(dict(enumerate(names)))}
    assert infer(REQUEST, safetensors.torch.save(state, header), b"").labels == names
    assert infer(REQUEST, saved(state), b"").labels == ()


def test_what_cannot_be_read_or_shown_is_told_in_a_sentence():
    refused = infer(REQUEST, HARMFUL_PICKLE, b"")
    assert (refused.status, refused.sentence.key) == ("refused", "files.pickle")
    assert "posix.system" in refused.message
    assert infer(REQUEST, b"", b"no picture").sentence.key == "inference.picture.unknown"
    assert infer(InferenceRequest(code="x = 1"), b"", b"").sentence.key == "inference.no_model"
    array = io.BytesIO()
    np.save(array, np.ones(3))
    assert infer(REQUEST, array.getvalue(), b"").sentence.key == "inference.checkpoint.format"
    wrong = infer(InferenceRequest(code="model = nn.Linear(3, 2)\nmodel(torch.ones(3))"), b"", b"")
    assert wrong.said[0].sentence.key == "inference.no_output"
    assert infer(InferenceRequest(code="model = nn.Linear(3,"), b"", b"").status == "refused"
    broken = infer(
        InferenceRequest(code="model = nn.Linear(3, 2)\ny = torch.ones(2) + torch.ones(3)\nmodel(y)"), b"", b""
    )
    assert (broken.status, broken.line) == ("error", 2)


def test_a_picture_out_is_the_models_picture():
    code = "model = nn.Sequential(nn.Identity())\n"
    answer = infer(InferenceRequest(code=code, shape=(3, 20, 20), normalize=False), b"", b"")
    out = answer.said[0].picture
    assert (out.width, out.height) == (20, 20)
    *_, (_, tensor) = pictures.prepared(drawn("horse"), (3, 20, 20), False)
    expected = ((tensor.double() + 1) / 2 * 255).float().round().to(torch.uint8).permute(1, 2, 0)
    assert out.pixels == expected.contiguous().numpy().tobytes()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_ways_compute_what_they_say(name):
    function = FUNCTIONS[name]
    names = {"torch": torch}
    exec(function.code, names)
    truth = tuple(names["f"](torch.tensor(values)).tolist() for values in (function.first, function.second))
    ways = {way.name: way for way in compare_ways(StaticRequest(function=name)).ways}
    assert ways["eager"].results == truth
    assert all(way.results[0] in (None, truth[0]) for way in ways.values())
    assert ways["export"].results[1] in (None, truth[1])  # never wrong in silence
    assert all(way.said for way in ways.values() if way.failed)


def test_a_trace_bakes_in_the_branch_and_the_others_refuse_it():
    ways = {way.name: way for way in compare_ways(StaticRequest(function="branch")).ways}
    assert ways["eager"].nodes[-1] == "MulBackward0"
    assert ways["eager"].second_nodes[-1] == "SubBackward0"
    assert ways["trace"].results == ([2.0, 4.0, 6.0], [-2.0, -4.0, -6.0])
    assert ways["trace"].nodes == ("aten::mul",)
    assert "Python boolean" in ways["trace"].said
    assert ways["fx"].failed
    assert ways["export"].failed
    assert compare_ways(StaticRequest(function="no")).status == "refused"
    assert "where" in {way.name: way for way in compare_ways(StaticRequest(function="where")).ways}["fx"].nodes
