"""What is said of each way of ``nn.init``, against numbers that torch draws."""

import pytest
import torch

from explorer.models import INITIALISERS


@pytest.mark.parametrize("name", INITIALISERS)
@pytest.mark.parametrize(("ins", "outs"), [(300, 200), (128, 512)])
def test_standard_deviation_and_bound_are_those_of_theory(name, ins, outs):
    one = INITIALISERS[name]
    torch.manual_seed(1)
    names = {"torch": torch, "nn": torch.nn}
    exec(one.code(ins, outs), names)
    weight = names["weight"].double()
    assert tuple(weight.shape[:2]) == (outs, ins)
    assert weight.std(correction=0).item() == pytest.approx(one.std(ins, outs), rel=0.02, abs=1e-12)
    bound = one.bound(ins, outs)
    if bound is not None:
        assert weight.abs().max().item() <= bound * (1 + 1e-6)
        assert weight.abs().max().item() >= 0.99 * bound


def test_every_way_of_nn_init_for_weights_is_there():
    ways = {name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")}
    assert ways - INITIALISERS.keys() == {"zeros_", "ones_"}  # of which constant_ is the general case
