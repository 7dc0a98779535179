import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint } from "@ocellus/hub";
import { precisionPlan } from "../checkpoint/precision.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { familyOf } from "../families/registry.ts";
import { writeOnnxModel } from "../onnx/write-onnx-model.ts";
import { type OnnxSession, openSession } from "../runtime/onnx-session.ts";

/** A golden checkpoint with its graphs open in this thread, in float32. */
export interface GoldenGraphs {
  readonly checkpoint: Checkpoint;
  readonly model: FamilyModel;
  readonly vision: OnnxSession;
  readonly decoder: OnnxSession;
  delete(): Promise<void>;
}

/** Opens a folder of fixtures/checkpoints. */
export async function openGoldenGraphs(checkpointFolder: string): Promise<GoldenGraphs> {
  const folder = await mkdtemp(join(tmpdir(), "ocellus-graphs-"));
  const checkpoint = await openCheckpoint(checkpointFolder);
  const model = await familyOf(await checkpoint.readJson("config.json")).open(checkpoint, {});
  for (const [name, graph] of Object.entries(model.graphs(precisionPlan("float32").formats))) {
    await writeOnnxModel(graph, { folder, name });
  }
  const open = (name: string): Promise<OnnxSession> => openSession(join(folder, `${name}.onnx`), { threads: 1 });
  const [vision, decoder] = [await open("vision"), await open("decoder")];
  return {
    checkpoint,
    model,
    vision,
    decoder,
    delete: async () => {
      await Promise.all([vision.release(), decoder.release(), checkpoint.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
