// @azure/identity opens a browser for interactive sign-in, which a job cannot use. Without it, dist/ has no executable.
export default function open() {
  throw new Error("interactive sign-in is not part of this bundle");
}
