import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Native addons (onnxruntime, later WebRTC) crash in vitest's worker threads; processes are safe.
    pool: "forks",
    // One fewer is the default, which on two cores is one.
    maxWorkers: "100%",
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "bench/src/**/*.test.ts"],
    // What a test imports of other packages is built; Node loads it many times faster than Vite transforms it.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
