import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { ConnectionError } from "@ocellus/core";
import { isPublicAddress } from "./private-address.ts";

/** One address to connect to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Finds the IP addresses of a host name. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>;

/** How to resolve and what to accept. */
export interface ResolveAddressesOptions {
  /** Accept addresses that are not on the public internet. */
  readonly allowPrivateAddresses: boolean;
  /** Replaces the system's resolver. */
  readonly resolveHost?: ResolveHost | undefined;
}

/**
 * The addresses of the host of `url`, each of them checked. The caller must connect to one of these and never resolve
 * the name again: a second answer may differ (DNS rebinding).
 *
 * @throws ConnectionError when the name has no address, or when any of its addresses is not public
 */
export async function resolveAddresses(
  url: URL,
  { allowPrivateAddresses, resolveHost = resolveWithSystem }: ResolveAddressesOptions,
): Promise<ResolvedAddress[]> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const found = isIP(hostname) === 0 ? await resolveName(hostname, resolveHost) : [hostname];
  if (!allowPrivateAddresses && !found.every(isPublicAddress)) {
    // Which address it is stays unsaid: the message may reach whoever chose the URL.
    throw new ConnectionError(
      `${url.host} is not a host of the public internet. Set allowPrivateAddresses to fetch from private networks.`,
      { isRetryable: false },
    );
  }
  const addresses = found.flatMap((address): ResolvedAddress[] => {
    const family = isIP(address);
    return family === 4 || family === 6 ? [{ address, family }] : [];
  });
  if (addresses.length === 0) throw new ConnectionError(`${hostname} has no IP address.`, { isRetryable: false });
  return addresses;
}

async function resolveName(hostname: string, resolveHost: ResolveHost): Promise<readonly string[]> {
  try {
    return await resolveHost(hostname);
  } catch (cause) {
    const isUnknown = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOTFOUND";
    const problem = isUnknown ? "is not known. Check the spelling" : "could not be resolved. Check the network";
    throw new ConnectionError(`The host ${hostname} ${problem}.`, { cause, isRetryable: !isUnknown });
  }
}

async function resolveWithSystem(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}
