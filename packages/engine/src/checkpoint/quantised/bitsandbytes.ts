import type { StoredWeight } from "../stored-weight.ts";
import { decodedWeight } from "./decoded-weight.ts";
import { integerWeight } from "./integer-weight.ts";
import type { ModuleTensors } from "./module-tensors.ts";

/** LLM.int8 (arXiv:2208.07339): `weight` int8 [outputs, inputs] and `SCB` [outputs]; W = q · SCB / 127. */
export function bitsAndBytes8Weight(module: ModuleTensors): StoredWeight {
  const [weight, scb] = [module.get("weight"), module.get("SCB")];
  const [outputs = 0, inputs = 0] = weight.shape;
  const format = module.find("weight_format");
  if (format !== undefined && module.bytes(format)[0] !== 0) throw module.error("its weight_format is not 0 (row)");
  module.expect(scb, [outputs]);
  return integerWeight({
    shape: [outputs, inputs],
    bits: 8,
    groups: 1,
    groupOf: undefined,
    hasZeroPoints: false,
    open: () => ({
      scales: module.floats(scb).map((largest) => largest / 127),
      zeros: undefined,
      levels: (first, count) => module.bytes(weight, first * inputs, count * inputs).map((value) => value ^ 0x80),
    }),
  });
}

/** The JSON inside `weight.quant_state.bitsandbytes__nf4` (or fp4). */
interface QuantState {
  readonly blocksize: number;
  readonly shape: readonly number[];
  readonly nested_blocksize?: number;
  readonly nested_offset?: number;
}

/**
 * NF4 and FP4 (arXiv:2305.14314): `weight` holds two 4-bit indices a byte, the high half first, over the matrix as one
 * list; each is looked up in `quant_map` and scaled by the `absmax` of its block. With double quantisation absmax are
 * bytes themselves: nested_quant_map[byte] · nested_absmax[block] + nested_offset.
 *
 * @param stateName what follows the module's name in the name of the state
 * @throws ModelLoadError naming the module and what does not fit
 */
export function bitsAndBytes4Weight(module: ModuleTensors, stateName: string): StoredWeight {
  const weight = module.get("weight");
  const state = parseState(module, stateName);
  const [outputs, inputs] = state.shape as [number, number];
  if (weight.byteLength !== Math.ceil((outputs * inputs) / 2)) {
    throw module.error(`its weight has ${weight.byteLength} bytes for the shape [${outputs}, ${inputs}]`);
  }
  return decodedWeight([outputs, inputs], () => {
    const map = module.floats(module.get("weight.quant_map"));
    const absmax = readAbsmax(module, state);
    const { blocksize } = state;
    return (first, count, target) => {
      const start = first * inputs;
      const bytes = module.bytes(weight, start >> 1, Math.ceil((start + count * inputs) / 2) - (start >> 1));
      for (let index = 0; index < count * inputs; index++) {
        const element = start + index;
        const byte = bytes[(element >> 1) - (start >> 1)]!;
        target[index] = map[element & 1 ? byte & 15 : byte >> 4]! * absmax[Math.floor(element / blocksize)]!;
      }
    };
  });
}

function parseState(module: ModuleTensors, stateName: string): QuantState {
  let state: Partial<QuantState> | null = null;
  try {
    state = JSON.parse(new TextDecoder().decode(module.bytes(module.get(stateName))));
  } catch {
    // Named below.
  }
  const { blocksize = 0, shape } = state ?? {};
  const isMatrix =
    Array.isArray(shape) && shape.length === 2 && shape.every((side) => Number.isSafeInteger(side) && side > 0);
  if (Number.isSafeInteger(blocksize) && blocksize > 0 && isMatrix) return state as QuantState;
  throw module.error(`its ${stateName} says no blocksize and shape of a matrix`);
}

function readAbsmax(
  module: ModuleTensors,
  { shape, blocksize, nested_blocksize, nested_offset }: QuantState,
): Float32Array {
  const absmax = module.get("weight.absmax");
  module.expect(absmax, [Math.ceil((shape[0]! * shape[1]!) / blocksize)]);
  if (absmax.dtype !== "U8") return module.floats(absmax);
  const map = module.floats(module.get("weight.nested_quant_map"));
  const largest = module.floats(module.get("weight.nested_absmax"));
  const block = nested_blocksize ?? 256;
  return Float32Array.from(
    module.bytes(absmax),
    (index, at) => map[index]! * largest[Math.floor(at / block)]! + (nested_offset ?? 0),
  );
}
