import { InvalidArgumentError } from "@ocellus/core";
import { type Attributes, checkAttributes } from "./attribute.ts";
import { type ConstantData, constantBytes } from "./constant-bytes.ts";
import type {
  GraphConstant,
  GraphNode,
  GraphPort,
  GraphWeight,
  OnnxGraph,
  Value,
  WeightContent,
} from "./onnx-graph.ts";
import { type OnnxType, tensorByteLength } from "./onnx-type.ts";

export type { Attribute, Attributes, FloatAttribute, FloatsAttribute } from "./attribute.ts";
export { float, floats } from "./attribute.ts";
export type { ConstantData } from "./constant-bytes.ts";
export type {
  GraphConstant,
  GraphNode,
  GraphPort,
  GraphWeight,
  OnnxGraph,
  Value,
  WeightContent,
} from "./onnx-graph.ts";
export type { OnnxType } from "./onnx-type.ts";

/** Largest constant that is stored inline; beyond it the model file would grow where a weight belongs. */
const maxConstantBytes = 1 << 20;

/** An output of a node: its name, `true` for an automatic name, `undefined` for an optional output left out. */
export type OutputName = string | true | undefined;

/** Outputs of a node: how many, or one entry each. */
export type Outputs = number | readonly OutputName[];

type TupleOf<Count extends number, Built extends readonly Value[] = readonly []> = number extends Count
  ? readonly Value[]
  : Built["length"] extends Count
    ? Built
    : TupleOf<Count, readonly [...Built, Value]>;

/** One value for each output that was asked for, `undefined` where it was left out. */
export type OutputValues<Names extends Outputs> = Names extends number
  ? TupleOf<Names>
  : { readonly [Index in keyof Names]: Names[Index] extends undefined ? undefined : Value };

/** Settings of a node beside its inputs and attributes. */
export interface NodeOptions {
  /** Operator set: `""` (ai.onnx, the default) or `"com.microsoft"`. */
  readonly domain?: string;
  /** Name of the node, unique in the graph; automatic names count up per operator. */
  readonly name?: string;
}

/**
 * Collects the nodes, constants and weights of a graph. Does no input or output: weights are named and described here
 * and their bytes are asked for only when the graph is written.
 *
 * Every method throws InvalidArgumentError at once when an edge is used before it exists or a name is taken twice.
 */
export class GraphBuilder {
  readonly #inputs: GraphPort[] = [];
  readonly #outputs: GraphPort[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #constants: GraphConstant[] = [];
  readonly #weights: GraphWeight[] = [];
  readonly #edges = new Set<Value>();
  readonly #nodeNames = new Set<string>();
  readonly #counters = new Map<string, number>();
  readonly #constantNames = new Map<string, Value>();

  /** Declares an input of the graph. */
  input(name: string, type: OnnxType, dims: readonly (number | string)[]): Value {
    this.#inputs.push({ name: this.#claim(name), type, dims: [...dims] });
    return name;
  }

  /** Declares `value` as the output `name` of the graph; adds an Identity node when the edge has another name. */
  output(value: Value, name: string, type: OnnxType, dims: readonly (number | string)[]): void {
    if (this.#outputs.some((port) => port.name === name)) {
      throw new InvalidArgumentError(`Output "${name}" of the graph is declared twice.`);
    }
    this.#require(value, `output "${name}"`);
    if (value !== name) this.nodes("Identity", [value], {}, { outputs: [name] });
    this.#outputs.push({ name, type, dims: [...dims] });
  }

  /** A small tensor stored in the model file; an equal constant is used again. */
  constant(type: OnnxType, dims: readonly number[], data: ConstantData): Value {
    const bytes = constantBytes(type, data);
    const key = `${type}[${dims.join(",")}]${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")}`;
    const known = this.#constantNames.get(key);
    if (known !== undefined) return known;
    const name = this.#claim(this.#number("constant"));
    const expected = tensorByteLength(name, type, dims);
    if (bytes.byteLength !== expected) {
      throw new InvalidArgumentError(
        `A ${type} constant of shape [${dims.join(", ")}] has ${expected} bytes, but ${data.length} values (${bytes.byteLength} bytes) were given.`,
      );
    }
    if (expected > maxConstantBytes) {
      throw new InvalidArgumentError(
        `A constant of ${expected} bytes is too large for the model file (limit ${maxConstantBytes}); use weight().`,
      );
    }
    this.#constants.push({ name, type, dims: [...dims], bytes });
    this.#constantNames.set(key, name);
    return name;
  }

  /** A tensor stored in the external data file. Its bytes are read only when the graph is written. */
  weight(name: string, content: WeightContent): Value {
    const byteLength = tensorByteLength(name, content.type, content.dims);
    this.#weights.push({ name: this.#claim(name), byteLength, content });
    return name;
  }

  /** Adds an operation with one output. `options.output` names the edge, for example as an output of the graph. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    options: NodeOptions & { readonly output?: string } = {},
  ): Value {
    return this.nodes(op, inputs, attributes, { ...options, outputs: [options.output ?? true] })[0];
  }

  /**
   * Adds an operation with several outputs: `nodes("Split", [x, sizes], { axis: -1 }, { outputs: 3 })`, or, with
   * optional outputs left out, `{ outputs: [true, undefined, undefined, true] }`. Optional inputs are `undefined`.
   */
  nodes<const Names extends Outputs>(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    options: NodeOptions & { readonly outputs: Names },
  ): OutputValues<Names> {
    const name = options.name ?? this.#number(op);
    if (this.#nodeNames.has(name)) throw new InvalidArgumentError(`Two nodes of the graph are called "${name}".`);
    for (const value of inputs) if (value !== undefined) this.#require(value, `node "${name}"`);
    checkAttributes(name, attributes);
    this.#nodeNames.add(name);
    const requested: Outputs = options.outputs;
    const list = typeof requested === "number" ? new Array<true>(requested).fill(true) : requested;
    const values = list.map((output, index) => {
      if (output === undefined) return undefined;
      return this.#claim(output === true ? `${name}:${index}` : output);
    });
    this.#nodes.push({
      name,
      op,
      domain: options.domain ?? "",
      inputs: inputs.map((value) => value ?? ""),
      outputs: values.map((value) => value ?? ""),
      attributes,
    });
    return values as unknown as OutputValues<Names>;
  }

  /**
   * The finished graph.
   *
   * @throws InvalidArgumentError when it has no outputs
   */
  finish(): OnnxGraph {
    if (this.#outputs.length === 0) throw new InvalidArgumentError("The graph has no outputs.");
    return {
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      nodes: [...this.#nodes],
      constants: [...this.#constants],
      weights: [...this.#weights],
    };
  }

  #claim(name: Value): Value {
    if (name === "") throw new InvalidArgumentError("An edge of the graph needs a name; the empty one means absent.");
    if (this.#edges.has(name)) throw new InvalidArgumentError(`Two edges of the graph are called "${name}".`);
    this.#edges.add(name);
    return name;
  }

  #require(value: Value, user: string): void {
    if (this.#edges.has(value)) return;
    throw new InvalidArgumentError(`The ${user} uses the edge "${value}", which does not exist (yet).`);
  }

  #number(prefix: string): string {
    const count = this.#counters.get(prefix) ?? 0;
    this.#counters.set(prefix, count + 1);
    return `${prefix}_${count}`;
  }
}
