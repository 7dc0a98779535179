"""Times inference-sdk against the stub: `roboflow.py <url> <folder>` prints {scenario: seconds per call} as JSON."""

import json
import sys
import time
from statistics import median

from inference_sdk import InferenceConfiguration, InferenceHTTPClient

url, folder = sys.argv[1:3]
counts = json.loads(sys.argv[3])


def timed(call, count):
    for _ in range(max(3, count // 20)):
        call()
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return {"median": median(times), "mean": sum(times) / len(times)}


def client(mode, **configuration):
    made = InferenceHTTPClient(url, api_key="bench-key-123456")
    made.configure(InferenceConfiguration(api_key_transport="legacy", **configuration))
    return made.select_api_v0() if mode == "v0" else made


small, large = f"{folder}/small.jpg", f"{folder}/1080p.jpg"
batch = [f"{folder}/batch-{i}.jpg" for i in range(64)]
v0, v1 = client("v0"), client("v1")
v0x8, v1x8 = client("v0", max_concurrent_requests=8), client("v1", max_concurrent_requests=8)
print(
    json.dumps(
        {
            "v0-small": timed(lambda: v0.infer(small, model_id="a/1"), counts["small"]),
            "v1-small": timed(lambda: v1.infer(small, model_id="a/1"), counts["small"]),
            "v0-1080p": timed(lambda: v0.infer(large, model_id="a/1"), counts["large"]),
            "v1-1080p": timed(lambda: v1.infer(large, model_id="a/1"), counts["large"]),
            "lmm-64": timed(lambda: v1x8.infer_lmm(batch, model_id="a/1", prompt="p"), counts["batch"]),
            "v0-64": timed(lambda: v0x8.infer(batch, model_id="a/1"), counts["batch"]),
        }
    )
)
