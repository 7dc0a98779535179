"""The protocol between `bench -- peers` and one peer: a JSON request a line on stdin, a JSON answer a line on stdout.

A side is a class: its constructor loads `options["model"]`; `answer(image, prompt, prompt_tokens, tokens)` returns the
figures of one request, `batch(prompts, tokens)` answers texts together, `tokens` each.
"""

import json
import os
import resource
import sys
import time


class Clock:
    """Milliseconds since it was made."""

    def __init__(self):
        self.begin = time.perf_counter()

    @property
    def ms(self):
        return 1000 * (time.perf_counter() - self.begin)


def serve(side_class):
    """Loads and answers until stdin ends; what libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    options = json.loads(sys.argv[1])
    clock = Clock()
    side = side_class(options)
    print(json.dumps({"loadMs": clock.ms}), file=answers)
    for line in sys.stdin:
        print(json.dumps(handle(side, json.loads(line))), file=answers)


def handle(side, request):
    clock = Clock()
    if request["kind"] == "answer":
        figures = side.answer(request["image"], request["prompt"], request["promptTokens"], request["tokens"])
        return {**figures, "totalMs": clock.ms}
    if request["kind"] == "batch":
        side.batch(request["prompts"], request["tokens"])
        return {"totalMs": clock.ms}
    return {"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)}
