/**
 * Compiles a batch into one line of POSIX shell, for a run command. It uses only what the pod is documented to have (kubectl, jq, a
 * shell): no temporary files, no line breaks, no bash. Responses are compressed if gzip and base64 are installed. Source: AKS
 * documentation of `az aks command invoke`.
 *
 * Its output is framed by lines that begin with a nonce, which is unknown inside the cluster:
 *
 *     <nonce> begin
 *     <nonce> answer <id> <kubectl's exit code> <objects> <bytes> plain|gzip .<continue> .<stderr>
 *     ...objects, one per line, that many bytes...
 *     <nonce> answer <id>.<name> ...            of a write for each name
 *     <nonce> deferred <id> .<continue>         not requested, or not printed: the budget is used up
 *     <nonce> too-large <id>                    a single object exceeds the budget
 *     <nonce> unreadable <id>                   jq cannot read what kubectl printed
 *     <nonce> missing <program>
 *     <nonce> end <lines of the above> <bytes between the first line and this one>
 *
 * Continue tokens and stderr are URL-encoded, so they contain no spaces and no line breaks.
 */
import { type KubectlCall, REQUEST_TIMEOUT } from "../kubectl/arguments.ts";
import { quote, words } from "./shell.ts";

/** One request of a script. */
export type ScriptRequest =
  /** Gets one object. */
  | { readonly kind: "get"; readonly call: KubectlCall; readonly filter: string }
  /** Gets the pages of a list. `path` ends with `limit=`; `continueToken` is URL-encoded, and empty for the first page. */
  | { readonly kind: "list"; readonly path: string; readonly continueToken: string; readonly filter: string }
  /** Sends a write and gets the object of the response. */
  | { readonly kind: "write"; readonly call: KubectlCall; readonly filter: string }
  /** Sends a write for each name that the jq program `names` prints from a list. {@link EACH_NAME} in the call stands for the name. */
  | { readonly kind: "write-each"; readonly path: string; readonly names: string; readonly call: KubectlCall; readonly filter: string };

/** Stands for a name. Has the form of one. */
export const EACH_NAME = "name-of-each-namespace";

/** The limits on a script's output, and how its lines are recognised. */
export interface ScriptFrame {
  /** Hexadecimal. */
  readonly nonce: string;
  /** Bytes that the script may print in total. */
  readonly budget: number;
  /** Objects per page at first; fewer if they are too long. */
  readonly pageSize: number;
}

/** The output is cut at 512 kB, which includes what the service itself prints. */
export const OUTPUT_BUDGET = 480_000;
/** Bytes that must be left before each write, because its response cannot be requested again. */
const WRITE_RESERVE = 60_000;
/** Limits the time that one command takes. */
const MAX_PAGES = 80;
/** Bytes of kubectl's stderr that are kept. */
const MAX_STDERR = 4000;
/** The longest command. On Linux an argument of a program can have 128 KiB. */
export const MAX_COMMAND = 90_000;

/**
 * The jq program that turns kubectl's output and the trailer after it into a header and the objects, one per line, all of it ASCII.
 * `$k` is the nonce, which identifies the trailer.
 */
const READER = [
  "[inputs] as $all",
  "| ($all | last | .[$k]) as $tail",
  '| if ($tail | type) != "array" then error("no end") else . end',
  "| ($all[0:-1][0]) as $body",
  '| (if $tail[0] != "0" then [] elif $m == "list" then (if ($body.items | type) == "array" then $body.items elif ($body | has("items")) and $body.items == null then [] else error("no list") end) elif ($body | type) == "object" then [$body] else error("no object") end) as $objects',
  '| ((if $m == "list" and $tail[0] == "0" then $body.metadata.continue else null end) // "") as $continue',
  '| ([$objects[] | [FILTER] | .[0]]) as $kept',
  '| "\\($k) \\($tail[0]) \\($kept | length) .\\($continue | @uri) .\\($tail[1] | @uri)", $kept[]',
].join(" ");

/**
 * The shell functions. `call` runs kubectl with its arguments and sets `rc`, `count`, `more`, `err` and `body`. kubectl's stdout goes
 * to jq through descriptor 4, so that its stderr can be read without a file. An empty stderr needs no jq to become JSON; starting jq takes
 * as long as kubectl's request.
 */
const FUNCTIONS = [
  'line() { text="$n $*"; lines=$((lines+1)); total=$((total+${#text}+1)); printf "%s\\n" "$text"; };',
  'end() { printf "%s\\n" "$n end $lines $total"; exit 0; };',
  // $1: list or object; then kubectl's arguments. Reads $in and $f.
  "call() { mode=$1; shift;",
  'all=$( { err=$(printf "%s" "$in" | kubectl "$@" 2>&1 1>&4); rc=$?; printf "\\n"; if [ -z "$err" ]; then printf "{\\"%s\\":[\\"%s\\",\\"\\"]}\\n" "$n" "$rc"; else jq -nc --arg k "$n" --arg rc "$rc" --arg err "$(printf "%.' + String(MAX_STDERR) + 's" "$err")" "{(\\$k):[\\$rc,\\$err]}"; fi; } 4>&1 | jq -nac --arg k "$n" --arg m "$mode" "$f" 2>/dev/null );',
  'head=${all%%"$nl"*}; set -- ${head#?};',
  'if [ "$#" -ne 5 ] || [ "$1" != "$n" ]; then rc=unreadable; return; fi;',
  'rc=$2; count=$3; more=${4#.}; err=${5%?}; err=${err#.}; body=;',
  'if [ "$count" -gt 0 ]; then body=${all#"$head"}; body=${body#"$nl"}; fi; form=plain;',
  'if [ -n "$pack" ] && [ "${#body}" -gt 2000 ]; then packed=$(printf "%s\\n" "$body" | gzip -c | base64); if [ "${#packed}" -gt 0 ] && [ "${#packed}" -lt "${#body}" ]; then body=$packed; form=gzip; fi; fi;',
  "size=$((${#body}+${#more}+${#err}+100)); };",
  // $1: id. Prints the response.
  'respond() { line answer "$1" "$rc" "$count" "${#body}" "$form" ".$more" ".$err"; left=$((left-size)); used=1; if [ "${#body}" -gt 0 ]; then total=$((total+${#body}+1)); printf "%s\\n" "$body"; fi; };',
  // $1: id; then kubectl's arguments.
  'get() { id=$1; shift; if [ -n "$full" ]; then line deferred "$id" .; return; fi; call object "$@";',
  'if [ "$rc" = unreadable ]; then line unreadable "$id"; elif [ "$size" -le "$left" ]; then respond "$id"; elif [ -n "$used" ]; then full=1; line deferred "$id" .; else line too-large "$id"; fi; };',
  'write() { id=$1; shift; if [ -n "$full" ] || [ "$left" -lt ' + String(WRITE_RESERVE) + ' ]; then full=1; line deferred "$id" .; return; fi; call object "$@";',
  'if [ "$rc" = unreadable ]; then line unreadable "$id"; elif [ "$size" -le "$left" ]; then respond "$id"; else line too-large "$id"; fi; };',
  // $1: id; $2: path up to the limit; $3: continue token.
  'list() { id=$1; path=$2; at=$3; limit=$page; while :; do',
  'if [ -n "$full" ] || [ "$pages" -le 0 ]; then line deferred "$id" ".$at"; return; fi; pages=$((pages-1));',
  'call list get --raw "$path$limit${at:+&continue=$at}" ' + REQUEST_TIMEOUT + ';',
  'if [ "$rc" = unreadable ]; then line unreadable "$id"; return; fi;',
  'if [ "$size" -gt "$left" ]; then if [ -n "$used" ]; then full=1; elif [ "$limit" -gt 1 ]; then limit=$((limit/4)); [ "$limit" -gt 0 ] || limit=1; else line too-large "$id"; return; fi; continue; fi;',
  'respond "$id"; at=$more; if [ "$rc" != 0 ] || [ -z "$at" ]; then return; fi; done; }',
].join(" ");

/** Compiles requests into a command of one line. The id of a request is its index. */
export function compile(requests: readonly ScriptRequest[], frame: ScriptFrame): string {
  const { nonce, budget, pageSize } = frame;
  const filters = [...new Set(requests.map(({ filter }) => filter))];
  const setUp = [
    "set +e; set +u; set -f; LC_ALL=C; export LC_ALL",
    `n=${quote(nonce)}; left=${budget}; pages=${MAX_PAGES}; page=${pageSize}; full=; used=; lines=0; total=0; pack=`,
    'nl=$(printf "\\n."); nl=${nl%.}',
    'printf "\\n%s\\n" "$n begin"',
    'for tool in kubectl jq; do if ! command -v "$tool" >/dev/null 2>&1; then line missing "$tool"; end; fi; done',
    "if command -v gzip >/dev/null 2>&1 && command -v base64 >/dev/null 2>&1; then pack=1; fi",
  ];
  const declared = filters.map((filter, index) => `f${index}=${quote(READER.replace("FILTER", () => filter))}`);
  const calls = requests.map((request, id) => `f=$f${filters.indexOf(request.filter)}; ${callOf(request, id)}`);
  return [FUNCTIONS, [...setUp, ...declared, ...calls].join("; "), 'end'].join("; ");
}

function callOf(request: ScriptRequest, id: number): string {
  if (request.kind === "list") return `in=; list ${id} ${words([request.path, request.continueToken])}`;
  if (request.kind === "write-each") {
    const { path, names, call } = request;
    // A name that kubectl or jq cannot find out is not written to. The names consist of letters, digits and dashes.
    const found = `$(kubectl get --raw ${quote(path)} ${REQUEST_TIMEOUT} 2>/dev/null | jq -r ${quote(names)} 2>/dev/null)`;
    const withName = (text: string): string => text.replaceAll(EACH_NAME, `'"$name"'`);
    return `found=${found}; for name in $found; do in=${withName(quote(call.stdin))}; write ${id}."$name" ${withName(words(call.args))}; done`;
  }
  return `in=${quote(request.call.stdin)}; ${request.kind} ${id} ${words(request.call.args)}`;
}
