"""What is said of a training that learned nothing, on real runs."""

import pytest

from explorer.app.learned import doubts
from explorer.words import LANGUAGES, say
from tests.training.test_watch import Ran, program


@pytest.mark.parametrize("language", LANGUAGES)
def test_steps_that_are_too_large_are_spoken_of(language):
    ran = Ran(program("mlp", "digits", epochs=1, batch_size=256, learning_rate=1e9), "digits")
    assert ran.end.status == "ok"
    times = ran.snapshots[-1].train.loss / ran.points[0].loss
    texts = [remark.text for remark in doubts(ran, language)]
    assert say("learned.grown", language, times=f"{times:.3g}", rate="1e+09") in texts


def test_one_answer_to_everything_is_spoken_of():
    constant = """
model = nn.Linear(2, 2)
with torch.no_grad():
    model.weight.zero_()
    model.bias.copy_(torch.tensor([0., 9.]))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)
loss = F.cross_entropy(model(x_train), y_train)
loss.backward()
optimizer.step()
"""
    assert [remark.text for remark in doubts(Ran(constant), "en")] == [
        "The model gives the same answer, class 1, to everything."
    ]


def test_a_training_that_learned_is_left_alone():
    assert doubts(Ran(program("mlp", "moons", epochs=20)), "en") == ()
