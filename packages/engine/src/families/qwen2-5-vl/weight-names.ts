import type { NameRewrite } from "../../checkpoint/weight-source.ts";

/**
 * From the names of published checkpoints (`visual.*`, `model.*`) to those of transformers ≥ 4.52
 * (`model.visual.*`, `model.language_model.*`), which the graphs use. Newer names pass unchanged.
 */
export const qwen25VlNames: readonly NameRewrite[] = [
  { from: /^visual\./, to: "model.visual." },
  { from: /^model\.(?!visual\.|language_model\.)/, to: "model.language_model." },
];
