import { expectShape, type WeightSource } from "../../checkpoint/weight-source.ts";
import { throwIfAborted } from "../../onnx/throw-if-aborted.ts";
import { transposeRows } from "../../quantize/transpose.ts";

/** Sizes that tell the layouts of stored experts apart. */
export interface ExpertSizes {
  readonly count: number;
  readonly width: number;
  readonly hiddenSize: number;
}

const fusedModules = ["gate_up_proj", "down_proj"] as const;
type FusedModule = (typeof fusedModules)[number];

/** One expert's matrix inside of a tensor that holds those of all. */
interface Slice {
  readonly tensor: string;
  readonly expert: number;
  readonly outputs: number;
  readonly inputs: number;
  /** True when the tensor is [experts, inputs, outputs]. */
  readonly isTransposed: boolean;
}

/** True when the experts of a layer are stored in two tensors instead of two or three for each. */
export function areExpertsFused(weights: WeightSource, experts: string): boolean {
  return fusedModules.some((module) => weights.has(`${experts}.${module}`));
}

/**
 * Presents experts that are stored in one tensor a layer, `<prefix>.experts.gate_up_proj` and `….down_proj`, as matrices
 * `<prefix>.experts.<e>.gate_up_proj.weight` [2 · width, hidden] (gate, then up) and `….down_proj.weight`
 * [hidden, width]. They are read one by one. Both layouts are known: [experts, outputs, inputs], and
 * [experts, inputs, outputs] of published Qwen3-VL (specs/vlm.md B12.5).
 *
 * All else passes unchanged, so experts that are stored one by one stay as they are.
 */
export function separateExperts(weights: WeightSource, sizes: ExpertSizes): WeightSource {
  const find = (name: string): Slice | undefined => {
    const parts = weights.has(name) ? null : /^(.+\.experts)\.(\d+)\.(gate_up_proj|down_proj)\.weight$/.exec(name);
    if (parts === null || !weights.has(`${parts[1]}.${parts[3]}`)) return undefined;
    const module = parts[3] as FusedModule;
    const [outputs, inputs] = matrixShape(module, sizes);
    const isTransposed = isInputsFirst(weights, parts[1]!, sizes);
    return { tensor: `${parts[1]}.${module}`, expert: Number(parts[2]), outputs, inputs, isTransposed };
  };
  const matrix = ({ tensor, expert, outputs, inputs, isTransposed }: Slice): Float32Array => {
    const stored = new Float32Array(outputs * inputs);
    weights.readRowSync(tensor, expert, stored);
    return isTransposed ? transposeRows(stored, { inputs: outputs }) : stored;
  };
  return {
    has: (name) => weights.has(name) || find(name) !== undefined,
    shape: (name) => {
      const slice = find(name);
      return slice === undefined ? weights.shape(name) : [slice.outputs, slice.inputs];
    },
    read: async (name, signal) => {
      const slice = find(name);
      return slice === undefined ? weights.read(name, signal) : matrix(slice);
    },
    async *rows(name, signal) {
      const slice = find(name);
      throwIfAborted(signal);
      if (slice === undefined) yield* weights.rows(name, signal);
      else yield matrix(slice);
    },
    blocks: (name) => (find(name) === undefined ? weights.blocks(name) : undefined),
    readRowSync: (name, row, target) => {
      const slice = find(name);
      if (slice === undefined) weights.readRowSync(name, row, target);
      else target.set(matrix(slice).subarray(row * slice.inputs, (row + 1) * slice.inputs));
    },
  };
}

/**
 * Which way round the matrices of fused experts lie. No sizes let both layouts fit, for both tensors together.
 *
 * @param experts canonical name of the module that holds them
 * @throws ModelLoadError naming the tensor that is missing or fits neither way
 */
export function isInputsFirst(weights: WeightSource, experts: string, sizes: ExpertSizes): boolean {
  const areTransposed = fusedModules.every((module) => {
    const [outputs, inputs] = matrixShape(module, sizes);
    return String(weights.shape(`${experts}.${module}`)) === String([sizes.count, inputs, outputs]);
  });
  if (areTransposed) return true;
  for (const module of fusedModules) {
    expectShape(weights, `${experts}.${module}`, [sizes.count, ...matrixShape(module, sizes)]);
  }
  return false;
}

function matrixShape(
  module: FusedModule,
  { width, hiddenSize }: ExpertSizes,
): readonly [outputs: number, inputs: number] {
  return module === "gate_up_proj" ? [2 * width, hiddenSize] : [hiddenSize, width];
}
