/** Checks names before they become part of a request: the API server does not validate the references in events and owners. */

/** Whether a text is a name that Kubernetes gives objects: a DNS subdomain. Source: RFC 1123; Kubernetes documentation, "Object Names and IDs". */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(name);
}
