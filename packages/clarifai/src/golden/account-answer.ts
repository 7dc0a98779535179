import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ModelVersionSchema,
  SingleDeploymentResponseSchema,
  SingleModelResponseSchema,
  SingleModelTypeResponseSchema,
  SingleModelVersionResponseSchema,
  SingleUserResponseSchema,
} from "../gen/clarifai/api/inference_pb.ts";
import { modelVersionBytes } from "./recorded-case.ts";
import type { RecordedAnswer } from "./replay-server.ts";

/** What the gateway of the recordings answers to an account call about a recorded model; `null` for other calls. */
export function accountAnswer(rpc: string, model: string): RecordedAnswer | null {
  const message = messageOf(rpc, model);
  if (message === null) return null;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return { frames: Buffer.concat([head, message]), grpcStatus: 0, grpcMessage: "" };
}

function messageOf(rpc: string, model: string): Uint8Array | null {
  const status = { code: 10000 } as const;
  switch (rpc) {
    case "GetModel":
      if (model === "nothing") {
        const missing = { code: 21200, description: "Model does not exist" } as const;
        return toBinary(SingleModelResponseSchema, create(SingleModelResponseSchema, { status: missing }));
      }
      return toBinary(
        SingleModelResponseSchema,
        create(SingleModelResponseSchema, { status, model: { id: model, modelTypeId: "any-to-any" } }),
      );
    case "GetModelVersion": {
      const modelVersion = fromBinary(ModelVersionSchema, modelVersionBytes(model));
      return toBinary(
        SingleModelVersionResponseSchema,
        create(SingleModelVersionResponseSchema, { status, modelVersion }),
      );
    }
    case "GetModelType":
      return toBinary(
        SingleModelTypeResponseSchema,
        create(SingleModelTypeResponseSchema, { status, modelType: { inputFields: ["image", "text"] } }),
      );
    case "GetUser":
      return toBinary(SingleUserResponseSchema, create(SingleUserResponseSchema, { status, user: { id: "lab" } }));
    case "GetDeployment":
      return toBinary(
        SingleDeploymentResponseSchema,
        create(SingleDeploymentResponseSchema, { status, deployment: { id: "dep", userId: "lab" } }),
      );
    default:
      return null;
  }
}
