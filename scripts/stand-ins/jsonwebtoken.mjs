// MSAL signs assertions with it where the credential is a certificate. The action's are GitHub's token, a secret, or none. Leaving it
// and what it brings out keeps 0.1 MB out of dist/ and 16 ms out of every run.
export default {
  sign() {
    throw new Error("signing in with a certificate is not part of this bundle");
  },
};
