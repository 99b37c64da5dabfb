/** What a run says while it runs. Texts may hold anything: the implementation makes them harmless. */
export interface Log {
  info(text: string): void;
  /** Something a reader should not overlook; no annotation. */
  warning(text: string): void;
  /** Shown only with step debug logging. */
  debug(text: string): void;
}
