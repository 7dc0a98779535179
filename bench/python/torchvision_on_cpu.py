"""Import before anything that imports torchvision: PyPI's is built for CUDA and its operators do not load beside a CPU build of torch. None of them is used here."""

import importlib.util
import pathlib

import torch

site = pathlib.Path(importlib.util.find_spec("torchvision").submodule_search_locations[0])
try:
    torch.ops.load_library(str(site / "_C.so"))
except (OSError, RuntimeError):
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
