/**
 * What a run must not repeat. Services repeat what they were sent, the runner hides secrets in its log only, and a report is a file:
 * so every secret is remembered when it is first held, and cut out of whatever is told, wherever it is told.
 */

/** Shorter ones would be cut out of ordinary words as well; the runner still hides them in its log. UTF-16 units. */
const SHORTEST = 8;
/** A line of a PEM key, or the last part of a token, does harm alone; a shorter piece does not. */
const SHORTEST_PART = 16;

/** Tokens as Entra, GitHub's OIDC provider and GitHub's API make them, and what forms and headers name as secret. */
const TOKENS = /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|\b(?:gh[a-z]_|github_pat_)\w{10,}/g;
const NAMED = /\b(bearer\s+|(?:client_assertion|client_secret|access_token)["']?\s*[=:]\s*["']?)[^\s"'&,;]{8,}/gi;

const remembered = new Set<string>();
/** Every form of every secret, the longest first: none may hide a part of another. */
let forms: readonly string[] = [];

/** Remembers a secret for as long as the process lives. Of a key of several lines each line counts. */
export function rememberSecret(secret: string): void {
  const whole = secret.trim();
  if (whole.length < SHORTEST || remembered.has(whole)) return;
  remembered.add(whole);
  const all = new Set([...forms, ...[secret, whole, ...partsOf(whole)].flatMap(formsOf)]);
  forms = [...all].filter((form) => form.length >= SHORTEST).sort((one, other) => other.length - one.length);
}

/** The text with every remembered secret, in every form in which a service may repeat it, and whatever else looks like a token, as `***`. */
export function withoutSecrets(text: string): string {
  let rest = text;
  for (const form of forms) if (rest.includes(form)) rest = rest.replaceAll(form, "***");
  return rest.replace(TOKENS, "***").replace(NAMED, "$1***");
}

/** The signature of a token, the lines of a key: what does harm where only the rest is hidden. */
function partsOf(secret: string): readonly string[] {
  const signature = /^eyJ[\w-]+\.[\w-]+\.([\w-]+)$/.exec(secret)?.[1];
  const lines = /[\r\n]/.test(secret) ? secret.split(/[\r\n]+/).filter((line) => !line.startsWith("-----")) : [];
  return [signature ?? "", ...lines].filter((part) => part.length >= SHORTEST_PART);
}

/** A text as it is, and as it looks in a URL, a form, JSON, HTML, and base64. */
function formsOf(secret: string): readonly string[] {
  // No service can repeat half a character.
  const text = Buffer.from(secret).toString();
  const inUrl = [encodeURIComponent(text), new URLSearchParams({ "": text }).toString().slice(1)];
  const inHtml = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  return [
    text,
    ...inUrl,
    ...inUrl.map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())),
    JSON.stringify(text).slice(1, -1),
    inHtml,
    inHtml.replaceAll("'", "&#39;"),
    ...[0, 1, 2].flatMap((before) => base64After(text, before)),
  ];
}

/**
 * What base64 makes of a text that follows so many bytes (modulo 3) of something else, as the secret in `Basic client:secret` does:
 * the digits that depend on the text alone, in both alphabets.
 */
function base64After(text: string, before: number): readonly string[] {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
  const digits = bytes.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  return [digits, digits.replaceAll("+", "-").replaceAll("/", "_")];
}
