import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import {
  ModelVersionSchema,
  MultiOutputResponseSchema,
  PostModelOutputsRequestSchema,
} from "../gen/clarifai/api/inference_pb.ts";
import type { MethodSignature } from "../signatures/method-signature.ts";
import { readSignatures } from "../signatures/read-signatures.ts";
import { type RecordedAnswer, splitFrames } from "./replay-server.ts";

/** The recorded exchanges. */
export const wireFolder: string = fileURLToPath(new URL("../../../../fixtures/clarifai/wire", import.meta.url));

/** One recorded RPC. */
export interface RecordedExchange {
  readonly rpc: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly requests: readonly JsonValue[];
  readonly responses: readonly JsonValue[];
  readonly grpc_status: { readonly code: number; readonly message: string };
  readonly req_bin?: string;
  readonly res_bin?: string;
}

/** One recorded case. */
export interface RecordedCase {
  readonly case: string;
  readonly call: {
    readonly target: "Model" | "cli";
    readonly mode: string;
    readonly model?: string;
    readonly version?: string;
    readonly method?: string;
    readonly args?: readonly unknown[];
    readonly kwargs?: Readonly<Record<string, unknown>>;
    readonly with_proto?: boolean;
    readonly constructor?: Readonly<Record<string, unknown>>;
    readonly argv?: readonly string[];
    readonly stdin?: string | null;
  };
  readonly result: { readonly value?: unknown; readonly chunks?: readonly unknown[]; readonly error?: RecordedError };
  readonly exchanges: readonly RecordedExchange[];
}

/** The error as the Python user saw it. */
export interface RecordedError {
  readonly type: string;
  readonly message: string;
}

/** All recorded cases by name. */
export function readCases(): RecordedCase[] {
  const files = readdirSync(wireFolder).filter((name) => name.endsWith(".json"));
  return files.sort().map((name) => JSON.parse(readFileSync(join(wireFolder, name), "utf8")) as RecordedCase);
}

/** The methods of a recorded model. */
export function signaturesOf(model: string): ReadonlyMap<string, MethodSignature> {
  return readSignatures(fromBinary(ModelVersionSchema, modelVersionBytes(model)).methodSignatures);
}

/** The ModelVersion message of a recorded model. */
export function modelVersionBytes(model: string): Uint8Array {
  return readFileSync(join(wireFolder, "signatures", `${model}.model_version.bin`));
}

/** The answer to replay for an exchange. */
export function answerOf(exchange: RecordedExchange): RecordedAnswer {
  const { code, message } = exchange.grpc_status;
  // Status 1 on a failing stream: the Python client hung up after the failure message.
  return {
    frames: framesOf(exchange.res_bin, () => responsesOf(exchange)),
    grpcStatus: code === 1 ? 0 : code,
    grpcMessage: message,
  };
}

/** The messages that the Python client sent. */
export function requestsOf(exchange: RecordedExchange): Uint8Array[] {
  return splitFrames(
    framesOf(exchange.req_bin, () =>
      exchange.requests.map((json) =>
        toBinary(PostModelOutputsRequestSchema, fromJson(PostModelOutputsRequestSchema, json)),
      ),
    ),
  );
}

function responsesOf({ responses }: RecordedExchange): Uint8Array[] {
  return responses.map((json) => toBinary(MultiOutputResponseSchema, fromJson(MultiOutputResponseSchema, json)));
}

function framesOf(file: string | undefined, make: () => Uint8Array[]): Uint8Array {
  if (file !== undefined && existsSync(join(wireFolder, file))) return readFileSync(join(wireFolder, file));
  const pieces = make().flatMap((message) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    return [head, message];
  });
  return Buffer.concat(pieces);
}
