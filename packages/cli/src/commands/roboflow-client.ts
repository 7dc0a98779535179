import { readFile } from "node:fs/promises";
import { InferenceHTTPClient } from "@ocellus/roboflow";
import { CommandError } from "../command-error.ts";

/** Options of every `ocellus roboflow` command. */
export interface RoboflowServerOptions {
  readonly url?: string;
  readonly mode?: "v0" | "v1";
  /** Seconds. */
  readonly timeout?: number;
  readonly json?: true;
}

/** The client that the options and the environment describe. */
export function openRoboflow(options: RoboflowServerOptions): InferenceHTTPClient {
  const { url, mode, timeout } = options;
  return new InferenceHTTPClient({
    apiUrl: (url ?? process.env.ROBOFLOW_API_URL ?? "http://localhost:9001").replace(/\/+$/, ""),
    apiKey: process.env.ROBOFLOW_API_KEY ?? process.env.API_KEY ?? null,
    ...(mode === undefined ? {} : { mode }),
    ...(timeout === undefined ? {} : { timeoutMs: Math.max(1, Math.round(timeout * 1000)) }),
  });
}

/** What a workflow is named by: `workspace/workflow-id`, or a file with its specification. */
export interface WorkflowSelection {
  readonly workspaceName?: string;
  readonly workflowId?: string;
  readonly specification?: Readonly<Record<string, unknown>>;
}

/**
 * Reads the choice of a workflow.
 *
 * @throws CommandError unless exactly one of both is given and usable
 */
export async function selectWorkflow(name: string | undefined, file: string | undefined): Promise<WorkflowSelection> {
  if ((name === undefined) === (file === undefined)) {
    throw new CommandError("Give either the name of a workflow (workspace/workflow-id) or --spec.", 2);
  }
  if (file !== undefined) return { specification: await readSpecification(file) };
  const [workspaceName, workflowId, ...rest] = name!.split("/");
  if (!workspaceName || !workflowId || rest.length > 0) {
    throw new CommandError(`"${name}" has not the form workspace/workflow-id.`, 2);
  }
  return { workspaceName, workflowId };
}

async function readSpecification(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`--spec ${file} cannot be read as JSON: ${reason}`, 2, { cause });
  }
}
