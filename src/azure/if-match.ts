/**
 * The value of If-Match. HTTP and the Azure CLI put an eTag in double quotes; whether Azure accepts the bare text of a body as well is not
 * documented. So a refusal although the eTag has not changed is answered with the other form.
 */

/** Chooses the form for the PUTs of a run. */
export class IfMatch {
  /** How often each eTag was refused. */
  readonly #refusals = new Map<string, number>();
  #prefersBare = false;

  /** The header for the eTag of a body. */
  header(eTag: string): string {
    if (eTag.startsWith("W/")) return eTag;
    const bare = eTag.replace(/^"(.*)"$/, "$1");
    return this.#isBare(eTag) ? bare : `"${bare}"`;
  }

  /** Azure compared the header with the cluster's eTag, and they were equal: later PUTs use the same form. */
  accepted(eTag: string): void {
    this.#prefersBare = this.#isBare(eTag);
    this.#refusals.delete(eTag);
  }

  /** A PUT with this eTag was refused. @returns whether both forms were refused, so that the eTag is not the reason */
  refused(eTag: string): boolean {
    const count = (this.#refusals.get(eTag) ?? 0) + 1;
    this.#refusals.set(eTag, count);
    return count >= 2;
  }

  #isBare(eTag: string): boolean {
    return this.#prefersBare !== ((this.#refusals.get(eTag) ?? 0) % 2 === 1);
  }
}
