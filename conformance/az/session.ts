/** The Azure CLI in a simulated cloud: a configuration of its own, the simulator's authority, and a session. */
import { execFile } from "node:child_process";
import { request } from "node:https";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { createCertificates, type ScenarioName, type Simulator, startSimulator, type World } from "../../simulator/index.ts";
import { parseJson, textAt } from "../../simulator/lib/json.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";

/** The name under which the simulated cloud is registered. */
export const CLOUD = "Simulated";
export const SECRET = "a-client-secret~of-the-simulated-application";
const SECOND = 1000;
const certificates = createCertificates();

export interface AzResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AzSession extends AsyncDisposable {
  readonly simulator: Simulator;
  /** Environment of processes that are to use the session: PATH, configuration, trust. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder for the session's files. */
  readonly folder: string;
  /** Runs az. */
  az(...args: readonly string[]): Promise<AzResult>;
  /** Runs az with more in its environment. */
  azWith(more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<AzResult>;
  /** The arguments of the sign-in with the client secret, or with a token of the simulated GitHub. */
  loginArguments(how: "secret" | "federated"): Promise<readonly string[]>;
  /** Registers the cloud and signs in. */
  signIn(how: "secret" | "federated"): Promise<void>;
}

export interface SessionOptions {
  /** The virtual environment of the Azure CLI. */
  readonly azFolder: string;
  readonly scenario: ScenarioName;
  readonly tweak?: (world: World) => void;
}

/** GitHub's OIDC token for Entra, as a workflow requests it. */
async function idToken({ endpoints, world, publicAuthority }: Simulator): Promise<string> {
  const url = `${endpoints.github}/oidc/token?api-version=2.0&audience=${encodeURIComponent("api://AzureADTokenExchange")}`;
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${world.github.requestToken}` };
    request(url, { ca: publicAuthority, headers }, (response) => {
      resolve(text(response));
    }).on("error", reject).end();
  });
  return textAt(parseJson(answer), "value") ?? "";
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Promise<AzResult> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === "number") resolve({ exitCode, stdout, stderr });
      else reject(new Error(`${program} did not run: ${error?.message ?? "no reason"}`, { cause: error }));
    });
  });
}

/** Starts a simulated cloud for az. Its clock is the real one, because az has no other. */
export async function openSession({ azFolder, scenario, tweak }: SessionOptions): Promise<AzSession> {
  const simulator = await startSimulator({
    scenario,
    certificates,
    tweak: (world) => {
      world.identity.secret = SECRET;
      // az registers clouds whose metadata are their own only.
      world.resourceManager.metadata = "object";
      Object.assign(world.timing, { featureRegistration: SECOND, featurePropagation: 0, clusterUpdate: SECOND, runCommand: 200, activityLog: 0 });
      tweak?.(world);
    },
  });
  const folder = temporaryFolder({ "ca.pem": simulator.publicAuthority });
  const env = {
    PATH: [join(azFolder, "bin"), process.env["PATH"] ?? ""].join(delimiter),
    HOME: folder.path,
    AZURE_CONFIG_DIR: join(folder.path, "azure"),
    AZURE_CORE_COLLECT_TELEMETRY: "no",
    AZURE_CORE_NO_COLOR: "yes",
    AZURE_CORE_LOGIN_EXPERIENCE_V2: "off",
    // What az's own documentation asks for outside of the public clouds: Microsoft's list of authorities is not consulted.
    AZURE_CORE_INSTANCE_DISCOVERY: "false",
    REQUESTS_CA_BUNDLE: join(folder.path, "ca.pem"),
  };
  const azWith: AzSession["azWith"] = (more, ...args) => run(join(azFolder, "bin", "az"), args, { ...env, ...more }, folder.path);
  const az: AzSession["az"] = (...args) => azWith({}, ...args);
  const succeed = async (...args: readonly string[]): Promise<AzResult> => {
    const result = await az(...args);
    if (result.exitCode !== 0) throw new Error(`az ${args.slice(0, 3).join(" ")} ended with ${result.exitCode}: ${result.stderr}`);
    return result;
  };
  const loginArguments: AzSession["loginArguments"] = async (how) => {
    const { clientId, tenantId } = simulator.world.identity;
    const proof = how === "secret" ? ["--password", SECRET] : ["--federated-token", await idToken(simulator)];
    return ["login", "--service-principal", "--username", clientId, "--tenant", tenantId, ...proof];
  };
  return {
    simulator,
    env,
    folder: folder.path,
    az,
    azWith,
    loginArguments,
    async signIn(how) {
      await succeed("cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", simulator.endpoints.arm);
      await succeed("cloud", "set", "--name", CLOUD);
      await succeed(...(await loginArguments(how)));
    },
    async [Symbol.asyncDispose]() {
      await simulator.close();
      folder[Symbol.dispose]();
    },
  };
}
