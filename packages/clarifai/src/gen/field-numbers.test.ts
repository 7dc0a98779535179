import { readFileSync } from "node:fs";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { file_clarifai_api_inference, V2 } from "./clarifai/api/inference_pb.ts";
import { file_clarifai_api_status_status, StatusCode } from "./clarifai/api/status/status_pb.ts";

interface Published {
  readonly messages: Readonly<Record<string, Readonly<Record<string, readonly [number: number, type: string, repeated: boolean]>>>>;
  readonly statusCodes: Readonly<Record<string, number>>;
  readonly methods: Readonly<Record<string, readonly [path: string, clientStreams: boolean, serverStreams: boolean]>>;
}

const url = new URL("../../../../fixtures/clarifai/protos/field-numbers.json", import.meta.url);
const published = JSON.parse(readFileSync(url, "utf8")) as Published;
const messages: readonly DescMessage[] = [...file_clarifai_api_inference.messages, ...file_clarifai_api_status_status.messages];

const typeOf = (field: DescField): string => {
  if (field.fieldKind === "map") return "message";
  if (field.fieldKind === "list") return field.listKind === "scalar" ? ScalarType[field.scalar].toLowerCase() : field.listKind;
  return field.fieldKind === "scalar" ? ScalarType[field.scalar].toLowerCase() : field.fieldKind;
};

it("has the names, numbers and types of the published protos", () => {
  expect(messages.length).toBe(Object.keys(published.messages).length);
  for (const message of messages) {
    for (const field of message.fields) {
      const isRepeated = field.fieldKind === "list" || field.fieldKind === "map";
      expect([field.number, typeOf(field), isRepeated], `${message.typeName}.${field.name}`).toEqual(
        published.messages[message.typeName]?.[field.name],
      );
    }
  }
});

it("has the published status codes and methods", () => {
  expect(published.statusCodes).toMatchObject(StatusCode);
  for (const method of V2.methods) {
    const streams = [method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming", method.methodKind !== "unary"];
    expect([`/${method.parent.typeName}/${method.name}`, ...streams]).toEqual(published.methods[method.name]);
  }
});
