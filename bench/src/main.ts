/** `npm run bench -- <name> [options]`: every figure in our documents names one of these commands. */
import { argv, exit, stderr } from "node:process";

const benches: Readonly<Record<string, () => Promise<(args: string[]) => Promise<void>>>> = {
  accuracy: async () => (await import("./accuracy.ts")).runAccuracy,
  batch: async () => (await import("./batch.ts")).runBatch,
  callers: async () => (await import("./callers.ts")).runCallers,
  clarifai: async () => (await import("./clarifai.ts")).runClarifai,
  engine: async () => (await import("./engine.ts")).runEngine,
  http: async () => (await import("./http.ts")).runHttp,
  load: async () => (await import("./load.ts")).runLoad,
  peers: async () => (await import("./peers/peers.ts")).runPeers,
  roboflow: async () => (await import("./roboflow.ts")).runRoboflow,
  speculation: async () => (await import("./speculation.ts")).runSpeculation,
  vi: async () => (await import("./vi.ts")).runVi,
};

const [name = "", ...args] = argv.slice(2);
const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (load === undefined) {
  stderr.write(`usage: npm run bench -- <${Object.keys(benches).join("|")}> [options]\n`);
  exit(2);
}
const run = await load();
await run(args);
