import { InvalidArgumentError } from "@ocellus/core";
import type { MethodSignature } from "../signatures/method-signature.ts";

/** Old models have no methods; what there is to do is said in one error. */
export function legacySignature(name: string, label: string): MethodSignature {
  throw new InvalidArgumentError(
    `${label} is an old model without typed methods, so there is no "${name}". ` +
      "Use model.inputs: predictByUrl, predictByBytes, predictByFilepath or predict with inputs.",
  );
}
