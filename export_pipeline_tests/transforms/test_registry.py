from pathlib import Path

from export_pipeline.transforms import registry
from export_pipeline.transforms.registry import TRANSFORMS
from export_pipeline.transforms.transform import Transform


def test_each_transform_is_found_by_its_own_name() -> None:
    assert {transform.name: transform for transform in TRANSFORMS.values()} == TRANSFORMS


def test_each_transform_lives_in_the_file_of_its_name() -> None:
    folder = Path(registry.__file__).parent
    assert {name for name in TRANSFORMS if (folder / f"{name}.py").exists()} == TRANSFORMS.keys()


def test_every_transform_that_is_written_is_registered() -> None:
    ours = {cls for cls in Transform.__subclasses__() if cls.__module__.startswith("export_pipeline.transforms.")}
    assert ours >= set(TRANSFORMS.values())
    assert {cls.__qualname__ for cls in ours} == {cls.__qualname__ for cls in TRANSFORMS.values()}
