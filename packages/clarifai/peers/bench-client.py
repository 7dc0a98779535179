"""The Python client's side of the benchmark. Reads one JSON command a line, answers with one JSON line.
{"client": "local"|"full", "port": N, "what": "short"|"image"|"chunks"|"parallel", "count": N, "size": N}
"""

import json
import os
import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
import clarifai.versions  # noqa: E402

clarifai.versions.get_latest_version_from_pypi = lambda *a, **k: None  # no network at import
from clarifai.client import Model  # noqa: E402,F401  (must come before clarifai_protocol)
from clarifai.client.auth import create_stub  # noqa: E402
from clarifai.client.auth.helper import ClarifaiAuthHelper  # noqa: E402
from clarifai.client.model_client import ModelClient  # noqa: E402
from clarifai.runners.utils.data_types import Image  # noqa: E402

clients = {}


def client_of(kind, port):
    if (kind, port) not in clients:
        if kind == "local":
            clients[kind, port] = ModelClient.from_local_grpc(port=port)
        else:
            auth = ClarifaiAuthHelper(user_id="lab", app_id="fixtures", pat="lab-pat", base=f"http://127.0.0.1:{port}", ui="http://127.0.0.1", validate=False)
            clients[kind, port] = ModelClient(create_stub(auth))
        clients[kind, port].fetch()
    return clients[kind, port]


def timed(call, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def measure(job):
    client, count = client_of(job["client"], job["port"]), job["count"]
    if job["what"] == "short":
        return timed(lambda: client.predict(prompt="hi"), count)
    if job["what"] == "image":
        image = Image(bytes=bytes(job["size"]))
        return timed(lambda: client.echo_image(image=image), count)
    if job["what"] == "chunks":
        start = time.perf_counter()
        chunks = 0
        while chunks < count:
            chunks += sum(1 for _ in client.gen_chunks(n=job.get("each", count)))
        return chunks / (time.perf_counter() - start)
    with ThreadPoolExecutor(32) as pool:
        start = time.perf_counter()
        list(pool.map(lambda _: client.predict(prompt="hi"), range(count)))
        return count / (time.perf_counter() - start)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


for line in sys.stdin:
    try:
        job = json.loads(line)
        client_of(job["client"], job["port"])
        before = cpu_seconds()
        value = measure(job)
        print(json.dumps({"value": value, "cpuUs": (cpu_seconds() - before) / job["count"] * 1e6}), flush=True)
    except Exception as error:  # told to the benchmark, which ends
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
