/** GitHub's ID token, in a process that runs the action without a runner. */
import { randomUUID } from "node:crypto";
import { request as httpsRequest } from "node:https";
import type { Simulator } from "../../simulator/index.ts";

/** Requests the ID token as `@actions/core` does, without its retries. */
export function fetchIdToken({ endpoints, world }: Simulator): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(`${endpoints.github}/oidc/token?audience=${encodeURIComponent("api://AzureADTokenExchange")}`, { headers: { authorization: `Bearer ${world.github.requestToken}`, "x-ms-client-request-id": randomUUID() }, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("error", reject);
      response.on("end", () => {
        try {
          const { value } = JSON.parse(body) as { value?: string };
          if (response.statusCode !== 200 || typeof value !== "string" || value === "") throw new Error(`GitHub answered ${String(response.statusCode)}`);
          resolve(value);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    call.setTimeout(0);
    call.on("error", reject);
    call.end();
  });
}
