"""`openvino_convert.py <checkpoint> <folder>`: optimum-intel's export, int4 decoder (int8 elsewhere), its defaults."""

import os
import pathlib
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torchvision_on_cpu
from optimum.commands.optimum_cli import main

checkpoint, folder = map(pathlib.Path, sys.argv[1:])
export = ["optimum-cli", "export", "openvino", "--model", str(checkpoint), "--task", "image-text-to-text"]
sys.argv = [*export, "--weight-format", "int4", str(folder)]
main()
