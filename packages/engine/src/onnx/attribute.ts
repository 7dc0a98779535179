import { InvalidArgumentError } from "@ocellus/core";

/** A float attribute. JavaScript cannot tell 1 from 1.0, and ONNX rejects the wrong one: hence the wrapper. */
export interface FloatAttribute {
  readonly kind: "float";
  readonly value: number;
}

/** A list of floats. */
export interface FloatsAttribute {
  readonly kind: "floats";
  readonly values: readonly number[];
}

/**
 * Value of a node attribute. A plain number, bigint or list of numbers is an integer (`INT`, `INTS`), a string or list
 * of strings is text; floats are wrapped by {@link float} or {@link floats}.
 */
export type Attribute =
  | number
  | bigint
  | string
  | readonly number[]
  | readonly string[]
  | FloatAttribute
  | FloatsAttribute;

/** Attributes of a node by name; an undefined value is left out. */
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

/** Marks a number as a float attribute: `{ epsilon: float(1e-6), axis: 1 }`. */
export function float(value: number): FloatAttribute {
  return { kind: "float", value };
}

/** Marks numbers as a list of floats. */
export function floats(values: readonly number[]): FloatsAttribute {
  return { kind: "floats", values };
}

/**
 * Checks that plain numbers are integers.
 *
 * @throws InvalidArgumentError naming the node and the attribute
 */
export function checkAttributes(node: string, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    const numbers = Array.isArray(value) ? value : [value];
    for (const item of numbers) {
      if (typeof item === "number" && !Number.isSafeInteger(item)) {
        throw new InvalidArgumentError(
          `Attribute "${name}" of node "${node}" is ${item}; a plain number is an integer attribute, wrap it as float(${item}).`,
        );
      }
    }
  }
}
