"""What the pages tell people to type is typed, and prints what the pages show.

Scenes mostly wait, so they are played beside each other.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from subprocess import TimeoutExpired

import pytest

from pages.blocks import Scene, pages, scenes
from pages.houses import house_of
from pages.sandbox import Sandbox

SCENES = [scene for page in pages() for scene in scenes(page)]


# Seconds between what is typed. Where it fails it is tried again, more slowly: on a machine that is at work on
# something else the bridge shows two changes as one, and a port that was free may be taken when it is wanted.
PACES = (0.25, 1.0, 3.0)


def play(scene: Scene, folder, commands) -> None:
    """Type everything, in the order of the page."""
    *hasty, patient = PACES
    for pace in hasty:
        with suppress(AssertionError, TimeoutExpired):
            _act(scene, Sandbox(folder / f"{pace}", commands, pace))
            return
    _act(scene, Sandbox(folder / f"{patient}", commands, patient))


def _act(scene: Scene, sandbox: Sandbox) -> None:
    try:
        house_of(scene).furnish(sandbox)
        for block in scene.blocks:
            if (name := block.marked("file")) is not None:
                sandbox.write(name, block.text)
            elif (name := block.marked("append")) is not None:
                sandbox.write(name, block.text, "a")
            if (started := block.marked("started")) is not None:
                sandbox.start(*started.split(", "))
            if block.is_run:
                sandbox.type(block)
        sandbox.finish()
    finally:
        sandbox.close()


@pytest.fixture(scope="module")
def played(request, commands, tmp_path_factory):
    """How each scene that was selected went."""
    selected = [
        item.callspec.params["scene"]
        for item in request.session.items
        if item.module is request.module and hasattr(item, "callspec")
    ]
    with ThreadPoolExecutor(6) as pool:
        yield {
            scene: pool.submit(play, scene, tmp_path_factory.mktemp("scene"), commands) for scene in selected
        }


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_page_can_be_followed(scene, played: dict[Scene, Future[None]]):
    played[scene].result()
