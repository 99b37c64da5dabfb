// @azure/identity opens a browser for interactive sign-in, which no job does. Without it dist/ contains no executable.
export default function open() {
  throw new Error("interactive sign-in is not part of this bundle");
}
