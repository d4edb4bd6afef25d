import pytest

from explorer.ir import DataRequest, TrainingPoints, TrainingRequest
from explorer.models import Recipe, catalogue, datasets, find_dataset, models_for, trainable_models
from explorer.worker import facade, gate
from explorer.worker.limits import TimeLimit
from explorer.worker.train import train


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.name)
def test_the_gate_takes_every_model_of_the_catalogue(model):
    gate.check(model.code())


@pytest.mark.parametrize("dataset", datasets(), ids=lambda dataset: dataset.name)
def test_models_of_the_page_pass_the_gate_and_train(dataset):
    for model in models_for(dataset):
        frames = []
        code = model.program(dataset, Recipe(epochs=1, batch_size=512, learning_rate=0.01))
        train(TrainingRequest(code=code, data=DataRequest(dataset=dataset.name)), frames.append)
        assert (frames[-1].status, frames[-1].message) == ("ok", None)


def test_a_persons_table_trains():
    table = "height,width,kind\n" + "".join(f"{i},{i * i % 7},{'long' if i > 20 else 'short'}\n" for i in range(40))
    frames = []
    data = DataRequest(dataset="table", table=table)
    code = trainable_models()[1].program(find_dataset("moons"), Recipe(epochs=30))
    train(TrainingRequest(code=code, data=data), frames.append)
    assert frames[-1].status == "ok"
    assert [frame for frame in frames if hasattr(frame, "train")][-1].train.metric > 0.9
    train(TrainingRequest(code=code, data=DataRequest(dataset="table", table="a,b\n1,x\n2,3\n3,4")), frames.append)
    assert frames[-1].message.startswith("Line 2, column b: 'x' is no number")


def test_the_deadline_passes_after_the_points_so_far(monkeypatch):
    code = (
        trainable_models()[1]
        .program(find_dataset("moons"), Recipe(epochs=9))
        .replace("x = torch.tanh(self.fc1(x))", "hit()\n        x = torch.tanh(self.fc1(x))")
    )
    frames, calls, space = [], iter(range(99)), facade.namespace

    def hit():
        if next(calls) == 12:
            raise TimeLimit

    monkeypatch.setattr(facade, "namespace", lambda: {**space(), "hit": hit})
    with pytest.raises(TimeLimit):
        train(TrainingRequest(code=code), frames.append)
    steps = [point.step for frame in frames if isinstance(frame, TrainingPoints) for point in frame.points]
    assert steps == list(range(1, len(steps) + 1))
    assert steps
