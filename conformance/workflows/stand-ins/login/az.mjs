/** The part of the Azure CLI that a session needs: `account show` and `account get-access-token`, after the stand-in's login. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const folder = join(homedir(), ".azure");
const file = join(folder, "session.json");

async function ask(url, init = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function login(tenant, client, subscription) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN } = process.env;
  const headers = { authorization: `Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
  const { value: assertion } = await ask(`${ACTIONS_ID_TOKEN_REQUEST_URL}&audience=api://AzureADTokenExchange`, { headers });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ tenant, client, subscription, assertion }), { mode: 0o600 });
}

async function accessToken(resource) {
  const { tenant, client, assertion } = JSON.parse(readFileSync(file, "utf8"));
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: client,
    client_assertion: assertion,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    scope: `${resource}/.default`,
  });
  const answer = await ask(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, { method: "POST", body });
  const end = new Date(Date.now() + answer.expires_in * 1000);
  return { accessToken: answer.access_token, expiresOn: end.toISOString(), expires_on: Math.floor(end / 1000), tenant, tokenType: "Bearer" };
}

const [command, ...args] = process.argv.slice(2);
if (command === "login") {
  await login(...args);
} else if (args[0] === "show") {
  const { subscription, tenant } = JSON.parse(readFileSync(file, "utf8"));
  console.log(JSON.stringify({ id: subscription, tenantId: tenant, isDefault: true, state: "Enabled" }));
} else if (args[0] === "get-access-token") {
  console.log(JSON.stringify(await accessToken(args[args.indexOf("--resource") + 1])));
} else {
  throw new Error(`The stand-in does not know az ${command}.`);
}
