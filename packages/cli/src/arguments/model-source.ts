import type { RunSource } from "ocellus";

/** What `--model` names: `run:<id>` or `run:<id>@<checkpoint>`, else a folder or a Hub id. */
export function modelSource(model: string): string | RunSource {
  const match = /^run:([^@]+)(?:@(.+))?$/.exec(model);
  if (match === null) return model;
  const [, runId = "", checkpoint] = match;
  return { runId, ...(checkpoint === undefined ? {} : { checkpoint }) };
}
