import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread():
    """As in a worker; threads that wait for each other on a busy machine are slower than none."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
