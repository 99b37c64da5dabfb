// @azure/identity opens a browser for interactive sign-in, which no job does. Leaving it out keeps an executable out of dist/.
export default function open() {
  throw new Error("interactive sign-in is not part of this bundle");
}
