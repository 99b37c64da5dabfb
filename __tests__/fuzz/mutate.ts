/** Makes new inputs from known ones. */

/** A random number generator with a seed. @returns a function that returns a whole number from 0 to its argument (exclusive) */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // Source: mulberry32, public domain.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Bytes at the limits of what encodings and formats distinguish. */
const LIMITS = [0, 1, 0x0a, 0x20, 0x22, 0x2f, 0x30, 0x39, 0x5c, 0x7b, 0x7f, 0x80, 0xc3, 0xfe, 0xff];
const MOST_CHANGES = 6;

/** What mutations draw from. */
export interface MutationSource {
  readonly random: (below: number) => number;
  readonly corpus: readonly Buffer[];
  readonly tokens: readonly Buffer[];
  /** Bytes of the longest input. */
  readonly longest: number;
}

/** A known input with some changes. */
export function mutated(source: MutationSource): Buffer {
  const { random, corpus, longest } = source;
  // Recent inputs reached something new last.
  const recent = random(2) === 0 ? Math.max(0, corpus.length - 20) : 0;
  let data = corpus[recent + random(corpus.length - recent)] ?? Buffer.alloc(0);
  for (let changes = 1 + random(MOST_CHANGES); changes > 0; changes -= 1) data = changed(data, source).subarray(0, longest);
  return Buffer.from(data);
}

function changed(data: Buffer, { random, corpus, tokens }: MutationSource): Buffer {
  const at = random(data.length + 1);
  const length = 1 + random(random(4) === 0 ? 256 : 8);
  const other = corpus[random(corpus.length)] ?? data;
  const from = random(other.length + 1);
  switch (random(11)) {
    case 0:
      return replaced(data, at, 1, Buffer.of((data[at] ?? 0) ^ (1 << random(8))));
    case 1:
      return replaced(data, at, 1, Buffer.of(random(256)));
    case 2:
      return replaced(data, at, random(2), Buffer.of(LIMITS[random(LIMITS.length)] ?? 0));
    case 3:
      return replaced(data, at, length, Buffer.alloc(0));
    case 4:
      return replaced(data, at, 0, data.subarray(from, from + length));
    case 5:
      return replaced(data, at, random(2) * length, other.subarray(from, from + length));
    case 6:
      return Buffer.concat([data.subarray(0, at), other.subarray(from)]);
    case 7:
      return data.subarray(0, at);
    case 8:
      return withOtherNumber(data, at, random);
    default: {
      const token = tokens[random(tokens.length)] ?? Buffer.of(random(256));
      return replaced(data, at, random(2) * token.length, token);
    }
  }
}

function replaced(data: Buffer, at: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([data.subarray(0, at), by, data.subarray(at + length)]);
}

/** Replaces the next decimal number. */
function withOtherNumber(data: Buffer, at: number, random: (below: number) => number): Buffer {
  const text = data.toString("latin1");
  const found = /\d+/.exec(text.slice(at));
  if (found === null) return data;
  const value = Number(found[0]);
  const others = [value + 1, value - 1, value * 10, 0, 1, 2 ** 31, 2 ** 53, random(1000)];
  return replaced(data, at + found.index, found[0].length, Buffer.from(String(others[random(others.length)] ?? 0)));
}
