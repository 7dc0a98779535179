import { describe, expect, test } from "vitest";
import { isPublicAddress } from "./private-address.ts";

describe("not public", () => {
  test.each([
    // this host, private, carrier-grade NAT, loopback, link-local and metadata services
    ["0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.200"],
    ["127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255"],
    ["192.168.0.0", "192.168.255.255", "192.0.0.0", "192.0.0.192", "192.0.2.1", "192.88.99.1"],
    // benchmarking, documentation, multicast, reserved, broadcast
    ["198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1"],
    ["255.255.255.255"],
    // IPv6: unspecified, loopback, mapped and compatible IPv4 in both spellings, NAT64
    ["::", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::127.0.0.1", "::8.8.8.8"],
    ["::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1"],
    // Teredo, ORCHID, documentation, 6to4 (also of a public IPv4 address), former 6bone, segment routing
    ["2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:1ff:ffff::", "2001:db8::1", "2002:7f00:1::"],
    ["2002:808:808::", "3ffe::1", "3fff::1", "3fff:fff:ffff::1", "5f00::1"],
    // unique local, link-local (with zone), site-local, multicast, unassigned
    ["fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "4000::1", "1fff::1"],
    // no addresses in canonical text
    ["", "localhost", "8.8.8", "134744072", "0x8080808", "010.8.8.8", "[2606:4700::1]", "8.8.8.8 ", "2606:4700::1%1"],
  ])("%s, %s, …", (...addresses) => {
    for (const address of addresses) expect(isPublicAddress(address), address).toBe(false);
  });
});

test("public, up to the edges of the special ranges", () => {
  const addresses = [
    ...["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"],
    ...["128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255"],
    ...["192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888"],
    ...["2001:db7:ffff::1", "2001:db9::1", "2003::1", "2606:4700:4700::1111", "2A00:1450:4001:81B::200E", "3ffd::1"],
  ];
  for (const address of addresses) expect(isPublicAddress(address), address).toBe(true);
});
