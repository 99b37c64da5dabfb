/** Reasons why subscriptions could not be listed, in a form that is the same for all subscriptions with the same reason. */

/** What a reason says before its details: `Resource Manager answered 403: AuthorizationFailed`. */
export function reasonHead(reason: string): string {
  const [head = reason] = /^(?:[^:.]|\.(?=\S))+(?:: \w+(?=:))?/.exec(reason) ?? [];
  return head;
}
