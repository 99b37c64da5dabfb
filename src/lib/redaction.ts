/**
 * Removes secrets from texts. Services repeat what they were sent, and the runner masks secrets only in its log, not in reports or
 * issues. So every secret is registered as soon as it is known, and removed from every text that is published.
 */

/** UTF-16 units. Shorter secrets would match ordinary words as well; the runner still masks them in its log. */
const SHORTEST = 8;
/** UTF-16 units. A line of a PEM key or the signature of a token is a secret of its own; a shorter part is not. */
const SHORTEST_PART = 16;

/** Tokens of Entra, GitHub's OIDC provider and GitHub's API, and values that forms and headers name as secrets. */
const TOKENS = /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|\b(?:gh[a-z]_|github_pat_)\w{10,}/g;
const NAMED = /\b(bearer\s+|(?:client_assertion|client_secret|access_token)["']?\s*[=:]\s*["']?)[^\s"'&,;]{8,}/gi;

const remembered = new Set<string>();
/** Every form of every secret, the longest first: a shorter one may be part of a longer one. */
let forms: readonly string[] = [];

/** Registers a secret until the process ends. Each line of a key with several lines counts as a secret. */
export function rememberSecret(secret: string): void {
  const whole = secret.trim();
  if (whole.length < SHORTEST || remembered.has(whole)) return;
  remembered.add(whole);
  const all = new Set([...forms, ...[secret, whole, ...partsOf(whole)].flatMap(formsOf)]);
  forms = [...all].filter((form) => form.length >= SHORTEST).sort((one, other) => other.length - one.length);
}

/** Replaces with `***` every registered secret, in each form in which a service may repeat it, and all other text that looks like a token. */
export function withoutSecrets(text: string): string {
  let rest = text;
  for (const form of forms) if (rest.includes(form)) rest = rest.replaceAll(form, "***");
  return rest.replace(TOKENS, "***").replace(NAMED, "$1***");
}

/** Parts that are secrets of their own: the signature of a token, the lines of a key. */
function partsOf(secret: string): readonly string[] {
  const signature = /^eyJ[\w-]+\.[\w-]+\.([\w-]+)$/.exec(secret)?.[1];
  const lines = /[\r\n]/.test(secret) ? secret.split(/[\r\n]+/).filter((line) => !line.startsWith("-----")) : [];
  return [signature ?? "", ...lines].filter((part) => part.length >= SHORTEST_PART);
}

/** A text as it is, and as it is encoded in a URL, a form, JSON, HTML, and base64. */
function formsOf(secret: string): readonly string[] {
  // Encodes lone surrogates as a service would: they have no UTF-8.
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
 * The base64 of a text after `before` bytes (modulo 3) of other text, such as the secret in `Basic client:secret`: only the digits
 * that depend on the secret alone, in both alphabets.
 */
function base64After(text: string, before: number): readonly string[] {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
  const digits = bytes.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  return [digits, digits.replaceAll("+", "-").replaceAll("/", "_")];
}
