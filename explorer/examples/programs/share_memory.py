import torch
import torch.multiprocessing as mp


def double(points: torch.Tensor) -> None:
    """Runs in another process."""
    points.mul_(2)


def main() -> None:
    processes = mp.get_context("fork")
    private = torch.ones(3)
    shared = torch.ones(3).share_memory_()
    print("in shared memory:", private.is_shared(), shared.is_shared())

    for points in (private, shared):
        other = processes.Process(target=double, args=(points,))
        other.start()
        other.join()

    print("private, doubled by another process:", private)
    print("shared, doubled by another process: ", shared)

    array = shared.numpy()  # the same buffer once more
    array[0] = 7
    print("shared, written through numpy:      ", shared)


if __name__ == "__main__":
    main()
