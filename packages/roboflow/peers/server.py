"""The reference server on loopback, as Roboflow's own CPU image starts it: `server.py <port>`."""

import multiprocessing
import os
import sys
import traceback

import uvicorn


def serve(port: int) -> None:
    from inference.core.env import MAX_ACTIVE_MODELS
    from inference.core.interfaces.http.http_api import HttpInterface
    from inference.core.managers.base import ModelManager
    from inference.core.managers.decorators.fixed_size_cache import WithFixedSizeCache
    from inference.core.registries.roboflow import RoboflowModelRegistry
    from inference.models.utils import ROBOFLOW_MODEL_TYPES

    registry = RoboflowModelRegistry(ROBOFLOW_MODEL_TYPES)
    manager = WithFixedSizeCache(ModelManager(model_registry=registry), max_size=MAX_ACTIVE_MODELS)
    uvicorn.run(HttpInterface(manager).app, host="127.0.0.1", port=port, log_level="warning")


def manage_pipelines() -> None:
    from inference.core.interfaces.stream_manager.manager_app.app import start

    start()


if __name__ == "__main__":
    if os.getenv("ENABLE_STREAM_API", "").lower() == "true":
        multiprocessing.Process(target=manage_pipelines).start()
    try:
        serve(int(sys.argv[1]))
    except BaseException:
        traceback.print_exc()
    # Without waiting for the manager, which has children of its own and therefore cannot be a daemon.
    sys.stderr.flush()
    os._exit(1)
