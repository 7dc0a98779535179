import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Native addons (onnxruntime, later WebRTC) crash in vitest's worker threads; processes are safe.
    pool: "forks",
    include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "bench/src/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
