/** The log of a run. Texts may contain anything: the implementation escapes them. */
export interface Log {
  info(text: string): void;
  /** A warning in the log, without an annotation. */
  warning(text: string): void;
  /** Shown only with step debug logging. */
  debug(text: string): void;
}
