/**
 * Settings of a pod that keep all of its traffic, in one direction or both, away from the proxy. A few excluded ports or addresses are
 * normal and do not count. Source: Istio's documentation of the annotations `traffic.sidecar.istio.io/*`, and its analysis message
 * IST0144.
 */
import { arrayAt, entry, isRecord, numberAt, type StringMap, textAt } from "../../lib/json.ts";

/** The user and the group of the proxy. Traffic of processes with either of them is never redirected. */
const PROXY_USER = 1337;

const PREFIX = "traffic.sidecar.istio.io/";

/** The network interface of a pod on AKS. */
const POD_INTERFACE = "eth0";
const LAST_PORT = 65_535;
const ADDRESSES = 2 ** 32;

/** Whether a container runs as the proxy's user or group. Its own security context comes before the pod's. */
export function runsAsProxy(container: unknown, spec: unknown): boolean {
  const effective = (name: string): number | undefined => numberAt(container, "securityContext", name) ?? numberAt(spec, "securityContext", name);
  return effective("runAsUser") === PROXY_USER || effective("runAsGroup") === PROXY_USER;
}

/**
 * Why traffic of a pod bypasses the proxy, one clause for each reason. Init containers that end do not count: running them as the
 * proxy's user is the documented way to give them network before the sidecar starts.
 *
 * @param isOwn whether a container is Istio's own
 */
export function bypassReasons(spec: unknown, annotations: StringMap, isOwn: (container: unknown) => boolean): readonly string[] {
  const sidecars = arrayAt(spec, "initContainers").filter((container) => textAt(container, "restartPolicy") === "Always");
  const asProxy = [...arrayAt(spec, "containers"), ...sidecars]
    .filter((container) => isRecord(container) && !isOwn(container) && runsAsProxy(container, spec))
    .map((container) => textAt(container, "name"));
  const reasons = asProxy.length === 0 ? [] : [`${asProxy.join(", ")} ${asProxy.length === 1 ? "runs" : "run"} as user or group ${PROXY_USER}, the proxy's own`];
  return [...reasons, ...bypassingAnnotations(annotations)];
}

function bypassingAnnotations(annotations: StringMap): readonly string[] {
  const value = (name: string): string | undefined => entry(annotations, `${PREFIX}${name}`)?.trim();
  const found = (name: string): string => `${PREFIX}${name}: "${value(name) ?? ""}"`;
  const reasons: string[] = [];
  if (value("includeOutboundIPRanges") === "" && (value("includeOutboundPorts") ?? "") === "") {
    reasons.push(`${found("includeOutboundIPRanges")} redirects no outbound traffic`);
  }
  if (value("includeInboundPorts") === "") reasons.push(`${found("includeInboundPorts")} redirects no inbound traffic`);
  if (coversAllAddresses(items(value("excludeOutboundIPRanges")))) reasons.push(`${found("excludeOutboundIPRanges")} excludes all outbound traffic`);
  if (items(value("excludeOutboundPorts")).some(coversAllPorts)) reasons.push(`${found("excludeOutboundPorts")} excludes all outbound traffic`);
  if (items(value("excludeInboundPorts")).some(coversAllPorts)) reasons.push(`${found("excludeInboundPorts")} excludes all inbound traffic`);
  if (items(value("excludeInterfaces")).includes(POD_INTERFACE)) reasons.push(`${found("excludeInterfaces")} excludes all traffic`);
  return reasons;
}

function items(list = ""): readonly string[] {
  return list.split(",").map((item) => item.trim());
}

function coversAllPorts(item: string): boolean {
  const range = /^(\d+)[-:](\d+)$/.exec(item);
  return item === "*" || (range !== null && Number(range[1]) <= 1 && Number(range[2]) >= LAST_PORT);
}

/** Whether IP ranges cover all addresses: one by itself, or IPv4 ranges together, such as 0.0.0.0/1 and 128.0.0.0/1. */
function coversAllAddresses(ranges: readonly string[]): boolean {
  if (ranges.some((range) => range === "*" || /^[0-9a-fA-F.:]+\/0+$/.test(range))) return true;
  const intervals = ranges.map(ipv4Interval).filter((interval) => interval !== undefined);
  let end = 0;
  for (const { from, to } of intervals.sort((a, b) => a.from - b.from)) {
    if (from > end) return false;
    end = Math.max(end, to);
  }
  return end >= ADDRESSES;
}

/** The addresses of an IPv4 range, as numbers; `to` is not included. */
function ipv4Interval(range: string): { readonly from: number; readonly to: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(range);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if (prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const from = Math.floor(address / size) * size;
  return { from, to: from + size };
}
