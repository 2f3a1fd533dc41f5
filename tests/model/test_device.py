import pytest
import torch

from rnnplay.errors import UserError
from rnnplay.model.device import count_gpus, find_device, gpu_problem, idle_gpu_reason

without_gpu = pytest.mark.skipif(bool(count_gpus()[0]), reason="there is a GPU")


@without_gpu
def test_auto_is_the_cpu_where_there_is_no_gpu() -> None:
    assert find_device("auto") == find_device("cpu") == "cpu"
    assert gpu_problem() == f"torch can use no CUDA device here ({count_gpus()[1]})"
    assert idle_gpu_reason() == ""


@without_gpu
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:99"])
def test_a_gpu_that_is_not_there_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UserError) as refused:
        find_device(name)
    assert str(refused.value).startswith(f"'{name}' can't be used: torch can use no CUDA device here (")
    assert str(refused.value).endswith("); try --device cpu.")


@without_gpu
@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch has CUDA in it")
def test_a_torch_without_cuda_is_named_as_the_reason() -> None:
    assert count_gpus() == (0, "this torch is built without CUDA")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "cpu:0", ""])
def test_what_is_no_device_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="There is no device"):
        find_device(name)
