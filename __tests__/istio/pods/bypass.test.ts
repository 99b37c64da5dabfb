import { describe, expect, test } from "vitest";
import { readPod } from "../../../src/istio/pods/pod.ts";
import { APP, CNI_POD, NATIVE, podJson, type PodShape, VALIDATION } from "../fixtures.ts";

function bypasses(shape: PodShape): readonly string[] {
  const pod = readPod(podJson({ ...CNI_POD, ...shape }));
  if (pod === undefined) throw new Error("not a pod");
  return pod.bypasses;
}
const annotated = (name: string, value: string): PodShape => ({ annotations: { [`traffic.sidecar.istio.io/${name}`]: value } });
const asUser = (security: object): object => ({ ...APP, securityContext: security });

describe("traffic bypasses the proxy", () => {
  test.each<[string, PodShape]>([
    ["where the pod's user is the proxy's", { spec: { securityContext: { runAsUser: 1337 } } }],
    ["where a container's user is the proxy's", { containers: [asUser({ runAsUser: 1337 })] }],
    ["where the pod's group is the proxy's", { spec: { securityContext: { runAsUser: 5, runAsGroup: 1337 } } }],
    ["where a sidecar of the application has the proxy's user", { init: [VALIDATION, NATIVE, { name: "agent", restartPolicy: "Always", securityContext: { runAsUser: 1337 } }] }],
    ["with no outbound ranges", annotated("includeOutboundIPRanges", "")],
    ["with no inbound ports", annotated("includeInboundPorts", "")],
    ["with all IPv4 addresses excluded", annotated("excludeOutboundIPRanges", "10.0.0.0/8, 0.0.0.0/0")],
    ["with all IPv6 addresses excluded", annotated("excludeOutboundIPRanges", "::/0")],
    ["with two halves of the addresses excluded", annotated("excludeOutboundIPRanges", "128.0.0.0/1,0.0.0.0/1")],
    ["with all outbound ports excluded", annotated("excludeOutboundPorts", "*")],
    ["with all inbound ports excluded", annotated("excludeInboundPorts", "15020,*")],
    ["with the only interface excluded", annotated("excludeInterfaces", "eth0")],
  ])("%s", (_, shape) => {
    expect(bypasses(shape)).toHaveLength(1);
  });

  test.each<[string, readonly string[]]>([
    ["excludeOutboundPorts", ["1-65535", "0:65535", "00-65535", "443, *", "1:65536"]],
    ["excludeInboundPorts", ["1-65535"]],
    ["excludeOutboundIPRanges", ["*", "10.0.0.0/8,*", "10.0.0.0/8,::/0", "0.0.0.0/00", "::/0", "0.0.0.0/2,64.0.0.0/2,128.0.0.0/1", "128.0.0.0/1,0.0.0.0/1,10.1.2.3/32", "0.0.0.0/1,127.255.255.0/24,128.0.0.0/1"]],
    ["excludeInterfaces", ["lo, eth0"]],
    ["includeInboundPorts", [" "]],
    ["includeOutboundIPRanges", [" "]],
  ])("with %s of %j", (name, values) => {
    expect(values.filter((value) => bypasses(annotated(name, value)).length !== 1)).toEqual([]);
  });

  test.each<[string, readonly string[]]>([
    ["excludeOutboundPorts", ["2-65535", "1-65534", "1-65535x", "x1-65535", "1-"]],
    ["excludeInboundPorts", ["80"]],
    ["excludeOutboundIPRanges", ["0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/1,128.0.0.1/2", "0.0.0.0/1,129.0.0.0/8", "0.0.0.0/1,128.0.0.0/1x", "x0.0.0.0/0", "10.0.0.0/0x", "0.0.0.0/33", "0.0.0.0/99,128.0.0.0/1"]],
    ["excludeInterfaces", ["eth1", "eth00"]],
    ["includeInboundPorts", ["80"]],
    ["includeOutboundIPRanges", ["*"]],
  ])("not with %s of %j", (name, values) => {
    expect(values.filter((value) => bypasses(annotated(name, value)).length !== 0)).toEqual([]);
  });

  test.each<[PodShape, string]>([
    [{ containers: [{ ...APP, securityContext: { runAsUser: 1337 } }, { name: "b", securityContext: { runAsGroup: 1337 } }] }, "app, b run as user or group 1337, the proxy's own"],
    [{ containers: [{ ...APP, securityContext: { runAsUser: 1337 } }, { name: "b" }] }, "app runs as user or group 1337, the proxy's own"],
    [annotated("excludeOutboundPorts", " * "), 'traffic.sidecar.istio.io/excludeOutboundPorts: "*" excludes all outbound traffic'],
    [annotated("excludeInboundPorts", "*"), 'traffic.sidecar.istio.io/excludeInboundPorts: "*" excludes all inbound traffic'],
    [annotated("includeInboundPorts", ""), 'traffic.sidecar.istio.io/includeInboundPorts: "" redirects no inbound traffic'],
    [annotated("includeOutboundIPRanges", ""), 'traffic.sidecar.istio.io/includeOutboundIPRanges: "" redirects no outbound traffic'],
    [annotated("excludeInterfaces", "eth0"), 'traffic.sidecar.istio.io/excludeInterfaces: "eth0" excludes all traffic'],
    [annotated("excludeOutboundIPRanges", "*"), 'traffic.sidecar.istio.io/excludeOutboundIPRanges: "*" excludes all outbound traffic'],
  ])("%j: %s", (shape, reason) => {
    expect(bypasses(shape)).toEqual([reason]);
  });

  test.each<[string, PodShape]>([
    ["as the injector writes them", { annotations: { "traffic.sidecar.istio.io/includeOutboundIPRanges": "*", "traffic.sidecar.istio.io/includeInboundPorts": "*", "traffic.sidecar.istio.io/excludeInboundPorts": "15020", "traffic.sidecar.istio.io/excludeOutboundIPRanges": "" } }],
    ["where only Istio's containers have the proxy's user", { init: [{ ...VALIDATION, securityContext: { ...VALIDATION.securityContext, runAsUser: 1337, runAsGroup: 1337 } }, { ...NATIVE, securityContext: { runAsUser: 1337 } }] }],
    ["where an init container that ends has the proxy's user", { init: [VALIDATION, NATIVE, { name: "migrate", securityContext: { runAsUser: 1337 } }] }],
    ["where the container has a user of its own", { spec: { securityContext: { runAsUser: 1337 } }, containers: [asUser({ runAsUser: 1000 })] }],
    ["with a few excluded ports", annotated("excludeOutboundPorts", "3306,6379")],
    ["with an excluded range", annotated("excludeOutboundIPRanges", "169.254.169.254/32,10.0.0.0/8")],
    ["with an included range", annotated("includeOutboundIPRanges", "10.0.0.0/8")],
    ["with values that are no ranges", annotated("excludeOutboundIPRanges", "999.1.1.1/99,x")],
  ])("not %s", (_, shape) => {
    expect(bypasses(shape)).toEqual([]);
  });

  describe("with 33 ranges that are all addresses only together", () => {
    const dotted = (address: number): string => [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
    /** The lower half of what is left, again and again: 0.0.0.0/1, 128.0.0.0/2, …, 255.255.255.254/32, and the last address. */
    const halves = [...Array.from({ length: 32 }, (_, index) => `${dotted(2 ** 32 - 2 ** (32 - index))}/${String(index + 1)}`), "255.255.255.255/32"];
    const excluding = (ranges: readonly string[]) => bypasses(annotated("excludeOutboundIPRanges", ranges.join(","))).length;
    test("in either order", () => {
      expect([excluding(halves), excluding([...halves].reverse())]).toEqual([1, 1]);
    });
    test("not where any of them is missing", () => {
      expect(halves.filter((left) => excluding(halves.filter((range) => range !== left)) !== 0)).toEqual([]);
    });
    test("also where a range names an address within it", () => {
      expect(excluding(["127.255.255.255/1", "255.1.2.3/1"])).toBe(1);
    });
  });

  test("except through included outbound ports", () => {
    expect(bypasses({ annotations: { "traffic.sidecar.istio.io/includeOutboundIPRanges": "", "traffic.sidecar.istio.io/includeOutboundPorts": "443" } })).toEqual([]);
  });
});
