import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { create, toBinary } from "@bufbuild/protobuf";
import { ConnectionError } from "@ocellus/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SingleModelResponseSchema } from "../../gen/clarifai/api/inference_pb.ts";
import { Model } from "../../model/model.ts";
import { frameMessage } from "./message-frames.ts";

const folder = fileURLToPath(new URL("../../../../../fixtures/clarifai/tls/", import.meta.url));
const server = createSecureServer({ key: readFileSync(`${folder}key.pem`), cert: readFileSync(`${folder}cert.pem`) });
let baseUrl = "";
beforeAll(async () => {
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    const init = { status: { code: 10000 }, model: { id: "m" } } as const;
    stream.end(
      Buffer.concat(frameMessage(toBinary(SingleModelResponseSchema, create(SingleModelResponseSchema, init)))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const open = (options: object): Model =>
  new Model({ url: "u/a/models/m", pat: "p", baseUrl, retry: { unavailableAttempts: 1 }, ...options });

it("trusts the certificates that it is given, and no others", async () => {
  await using trusted = open({ rootCertificatesPath: `${folder}cert.pem` });
  expect((await trusted.info()).id).toBe("m");
  await using untrusted = open({});
  const error = await untrusted.info().catch((thrown: unknown) => thrown);
  expect(ConnectionError.isInstance(error) && error.message).toContain("SELF_SIGNED_CERT");
});
