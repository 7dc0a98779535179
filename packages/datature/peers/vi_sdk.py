"""Reads runs and downloads a model with the Vi SDK; prints what it found as JSON."""
import json
import sys

from vi import Client

endpoint, secret_key, organization_id, folder = sys.argv[1:]
client = Client(secret_key=secret_key, organization_id=organization_id, endpoint=endpoint)
runs = list(client.runs.list(pagination={"page_size": 2}).all_items())
model = client.models.get("run1", contents=True)
result = client.models.download("run1", save_dir=folder, show_progress=False)
named = client.models.get("run1", ckpt="first")
print(
    json.dumps(
        {
            "runs": [run.run_id for run in runs],
            "succeeded": [run.status.conditions[-1].condition.value for run in runs],
            "newest": model.model_id,
            "epoch": model.spec.epoch,
            "named": named.model_id,
            "model": result.model_path,
            "adapter": result.adapter_path,
        }
    )
)
