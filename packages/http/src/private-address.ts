import { BlockList, isIP } from "node:net";

/** IPv4 ranges that no host on the public internet has: IANA IPv4 Special-Purpose Address Registry, multicast, class E. */
const specialIpv4: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8], // this host, unspecified
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT; some clouds put their metadata service here
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, cloud metadata services
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // IETF protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays, deprecated
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarking
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/**
 * Parts of 2000::/3 that are not ordinary public hosts: IANA IPv6 Special-Purpose Address Registry. Those that carry an
 * IPv4 address inside (Teredo, 6to4) are refused altogether, so nothing can hide in them.
 */
const specialIpv6: readonly (readonly [network: string, prefix: number])[] = [
  ["2001::", 23], // IETF protocol assignments: Teredo, ORCHID, benchmarking
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["3ffe::", 16], // the former 6bone
  ["3fff::", 20], // documentation
];

const special = new BlockList();
for (const [network, prefix] of specialIpv4) special.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of specialIpv6) special.addSubnet(network, prefix, "ipv6");

/** The only block from which public IPv6 addresses are given out; it excludes mapped IPv4, NAT64, ULA, link-local, ff00::/8. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

/**
 * True when `address` (an IP address in canonical text, no brackets) is on the public internet. Everything else is false:
 * loopback, private, link-local, carrier-grade NAT, multicast, unspecified, documentation, IPv4 inside IPv6 in any form,
 * an address with a zone, and text that is no IP address at all.
 */
export function isPublicAddress(address: string): boolean {
  if (address.includes("%")) return false;
  switch (isIP(address)) {
    case 4:
      return !special.check(address, "ipv4");
    case 6:
      return globalUnicast.check(address, "ipv6") && !special.check(address, "ipv6");
    default:
      return false;
  }
}
