/** The words by which the error table recognises errors. */
import { ERROR_TABLE } from "../../src/lib/error-table.ts";

export const WORDS: readonly string[] = [...new Set(ERROR_TABLE.flatMap(({ pattern }) => pattern.source.split(/[^A-Za-z0-9_ ]|\\\w/).filter((word) => word.length > 3)))];
