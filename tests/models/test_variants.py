"""Lines that are added to a model's text: what they do, and that nothing but them is still the catalogue's."""

import pytest
import torch

from explorer.models import catalogue, find, frozen, in_eval, is_catalogue_code, new_classifier
from explorer.models.variants import plain


def built(code):
    names = {}
    exec(code, names)
    return names


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.name)
def test_variants_are_catalogue_code_and_can_be_taken_off_again(model):
    code = model.code()
    for changed in (
        in_eval(code),
        frozen(code, ["a.b"]),
        frozen(code, ["a", "b.0", "c"]),
        in_eval(frozen(code, ["a"])),
    ):
        assert changed != code
        assert plain(changed) == code
        assert is_catalogue_code(changed)


def test_anything_else_that_is_added_is_not_catalogue_code():
    code = find("resnet18").code()
    for bad in (
        frozen(code, ["a"]).replace('"a."', '"a.", print(1)'),
        in_eval(code).replace("model.eval()", "model.eval(); print(1)"),
        code.replace("model = ResNet18()", "model = ResNet18()\nprint(1)"),
    ):
        assert not is_catalogue_code(bad)


def test_only_paths_are_written_into_code():
    code = find("lenet").code()
    assert frozen(code, ['a")): print(1)', "", "0 1"]) == code


def test_freezing_freezes_just_those_modules():
    model = built(frozen(find("resnet18").code(shape=(3, 64, 64)), ["layer1", "layer2.0"]))["model"]
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad != name.startswith(("layer1.", "layer2.0.")), name


def test_the_notes_new_classifier_trains_fc_only():
    names = built(new_classifier(find("resnet18").code(shape=(3, 64, 64))))
    trained = [name for name, parameter in names["model"].named_parameters() if parameter.requires_grad]
    assert trained == ["fc.weight", "fc.bias"]
    assert names["model"].fc.out_features == 10
    assert torch.isfinite(names["loss"])


def test_eval_mode_is_eval_mode():
    assert not built(in_eval(find("lenet").code()))["model"].training
