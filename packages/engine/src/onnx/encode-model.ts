import type { Attribute } from "./attribute.ts";
import type { GraphConstant, GraphNode, GraphPort, GraphWeight, OnnxGraph } from "./onnx-graph.ts";
import { onnxTypeCode } from "./onnx-type.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** Version of the file format that introduced operator set 23 (onnx/docs/Versioning.md). */
const irVersion = 11;

/** Operator sets that every graph imports. */
const operatorSets = { "": 23, "com.microsoft": 1 } as const;

/** `AttributeProto.AttributeType` (onnx.proto). */
const attributeType = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

/** `TensorProto.DataLocation.EXTERNAL`. */
const externalLocation = 1;

/** Where a weight lies in the external data file. */
export interface ExternalPlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * Encodes a graph as `ModelProto` (field numbers of onnx.proto).
 *
 * @param dataFile name of the external data file, relative to the model file
 * @param places where each weight lies in it, in the order of `graph.weights`
 */
export function encodeModel(graph: OnnxGraph, dataFile: string, places: readonly ExternalPlace[]): Uint8Array {
  const model = new ProtobufWriter().integer(1, irVersion).string(2, "ocellus");
  model.message(7, (writer) => {
    for (const node of graph.nodes) writer.message(1, (nested) => encodeNode(nested, node));
    writer.string(2, "graph");
    for (const constant of graph.constants) writer.message(5, (nested) => encodeConstant(nested, constant));
    for (const [index, weight] of graph.weights.entries()) {
      writer.message(5, (nested) => encodeWeight(nested, weight, dataFile, places[index]!));
    }
    for (const port of graph.inputs) writer.message(11, (nested) => encodePort(nested, port));
    for (const port of graph.outputs) writer.message(12, (nested) => encodePort(nested, port));
  });
  for (const [domain, version] of Object.entries(operatorSets)) {
    model.message(8, (nested) => nested.string(1, domain).integer(2, version));
  }
  return model.finish();
}

function encodeNode(writer: ProtobufWriter, node: GraphNode): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.name).string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) {
    if (value !== undefined) writer.message(5, (nested) => encodeAttribute(nested.string(1, name), value));
  }
  if (node.domain !== "") writer.string(7, node.domain);
}

function encodeAttribute(writer: ProtobufWriter, value: Attribute): void {
  if (typeof value === "number" || typeof value === "bigint") {
    writer.integer(3, value).integer(20, attributeType.int);
  } else if (typeof value === "string") {
    writer.string(4, value).integer(20, attributeType.string);
  } else if ("kind" in value) {
    if (value.kind === "float") writer.float(2, value.value).integer(20, attributeType.float);
    else encodeList(writer, value.values, (item) => writer.float(7, item), attributeType.floats);
  } else if (typeof value[0] === "string") {
    encodeList(writer, value as readonly string[], (item) => writer.string(9, item), attributeType.strings);
  } else {
    encodeList(writer, value as readonly number[], (item) => writer.integer(8, item), attributeType.ints);
  }
}

function encodeList<Item>(
  writer: ProtobufWriter,
  items: readonly Item[],
  one: (item: Item) => void,
  type: number,
): void {
  for (const item of items) one(item);
  writer.integer(20, type);
}

function encodeConstant(writer: ProtobufWriter, constant: GraphConstant): void {
  for (const side of constant.dims) writer.integer(1, side);
  writer.integer(2, onnxTypeCode[constant.type]).string(8, constant.name).bytes(9, constant.bytes);
}

function encodeWeight(writer: ProtobufWriter, weight: GraphWeight, dataFile: string, place: ExternalPlace): void {
  for (const side of weight.content.dims) writer.integer(1, side);
  writer.integer(2, onnxTypeCode[weight.content.type]).string(8, weight.name);
  const entries = { location: dataFile, offset: String(place.offset), length: String(place.length) };
  for (const [key, value] of Object.entries(entries)) {
    writer.message(13, (nested) => nested.string(1, key).string(2, value));
  }
  writer.integer(14, externalLocation);
}

/** A `ValueInfoProto` with a tensor type. */
function encodePort(writer: ProtobufWriter, port: GraphPort): void {
  writer.string(1, port.name).message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.integer(1, onnxTypeCode[port.type]).message(2, (shape) => {
        for (const side of port.dims) {
          shape.message(1, (dim) => (typeof side === "string" ? dim.string(2, side) : dim.integer(1, side)));
        }
      });
    }),
  );
}
