// MSAL signs assertions with it if the credential is a certificate, which the action does not support. Without it and its dependencies
// dist/ is 0.1 MB smaller, and every run 16 ms shorter.
export default {
  sign() {
    throw new Error("signing in with a certificate is not part of this bundle");
  },
};
