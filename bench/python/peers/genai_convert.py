"""`genai_convert.py <checkpoint> <folder>`: onnxruntime-genai's own builder on the decoder, int4 for processors.

The builder makes the decoder of a Qwen2.5-VL take embeddings, and no vision tower; as a text model, which the decoder
is, it runs alone. The published layout has the same tensor names in both, so another config.json is enough.
"""

import json
import os
import pathlib
import runpy
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

checkpoint, folder = map(pathlib.Path, sys.argv[1:])
with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
    text = pathlib.Path(scratch) / "text"
    text.mkdir()
    for path in checkpoint.iterdir():
        (text / path.name).symlink_to(path.resolve())
    config = json.loads((checkpoint / "config.json").read_text())
    config = {key: value for key, value in config.items() if not key.startswith(("vision", "image", "video", "rope_sc"))}
    config |= {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"}
    (text / "config.json").unlink()
    (text / "config.json").write_text(json.dumps(config))
    build = ["-m", "random", "-i", str(text), "-o", str(folder), "-p", "int4", "-e", "cpu"]
    sys.argv = ["builder", *build, "-c", str(pathlib.Path(scratch) / "cache")]
    runpy.run_module("onnxruntime_genai.models.builder", run_name="__main__")
