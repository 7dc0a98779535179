import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectionError } from "@ocellus/core";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { fetchUrlSafely } from "./fetch-url-safely.ts";

// The guard stays on; only here 127.0.0.1 stands for a public address, so that a hop can succeed without a network.
vi.mock("./private-address.ts", () => ({ isPublicAddress: (address: string) => address === "127.0.0.1" }));

let location: string;
let requests: (string | undefined)[] = [];
const server = createServer((request, response) => {
  requests.push(request.headers.host);
  if (request.url === "/redirect") response.writeHead(302, { location }).end();
  else response.end("secret");
});
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  requests = [];
});

test("a redirect from a public host to a private address is not followed", async () => {
  for (const target of [
    "http://127.0.0.2/",
    "http://[::1]/",
    "http://2130706434/",
    "//10.0.0.1/x",
    "http://inside.test/",
  ]) {
    location = target;
    const resolveHost = async (name: string) => [name === "inside.test" ? "192.168.0.1" : "127.0.0.1"];
    const fetching = fetchUrlSafely(`http://outside.test:${port}/redirect`, { resolveHost });
    const error = await fetching.catch((thrown: unknown) => thrown);
    expect(ConnectionError.isInstance(error), target).toBe(true);
    expect(String(error)).toContain("is not a host of the public internet");
  }
  expect(requests).toHaveLength(5);
});

test("a redirect to another public host is", async () => {
  location = `http://other.test:${port}/end`;
  const resolveHost = async () => ["127.0.0.1"];
  const { url } = await fetchUrlSafely(`http://outside.test:${port}/redirect`, { resolveHost });
  expect(url).toBe(location);
  expect(requests).toEqual([`outside.test:${port}`, `other.test:${port}`]);
});

test("a name that changes its address between check and use (rebinding) is asked only once for each hop", async () => {
  const answers = [["127.0.0.1"], ["127.0.0.2"]];
  const asked: string[] = [];
  const resolveHost = async (name: string) => {
    asked.push(name);
    return answers[asked.length - 1] ?? ["127.0.0.2"];
  };
  await fetchUrlSafely(`http://rebind.test:${port}/`, { resolveHost });
  expect(asked).toEqual(["rebind.test"]);
  location = "/end";
  asked.length = 0;
  await expect(fetchUrlSafely(`http://rebind.test:${port}/redirect`, { resolveHost })).rejects.toThrow(
    /public internet/,
  );
  expect(asked).toEqual(["rebind.test", "rebind.test"]);
});
