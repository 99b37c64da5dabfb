# Kubeconfigs, and the token file with the users that the suite runs the action as.

# Users of the token file and the group that gives each its rights (manifests/access.yaml); the last two have no group of a role.
roles="reader:aks-rbac-reader writer:aks-rbac-writer cluster-admin:aks-rbac-cluster-admin two-namespaces:conformance-two-namespaces nobody:conformance-nobody"

make_tokens() {
  local role
  : >"$state/tokens.csv"
  chmod 600 "$state/tokens.csv"
  for role in $roles; do
    echo "$(openssl rand -hex 24),conformance-${role%%:*},conformance-${role%%:*},${role#*:}" >>"$state/tokens.csv"
  done
}

encoded() { base64 -w0 "$state/pki/$1"; }

certificate_user() { # certificate
  printf '    client-certificate-data: %s\n    client-key-data: %s\n' "$(encoded "$1.crt")" "$(encoded "$1.key")"
}

cluster_of_kubeconfig() {
  cat <<YAML
apiVersion: v1
kind: Config
clusters:
- name: conformance
  cluster:
    server: https://localhost:$api_port
    certificate-authority-data: $(encoded ca.crt)
YAML
}

component_kubeconfig() { # certificate
  cluster_of_kubeconfig
  cat <<YAML
contexts: [{name: conformance, context: {cluster: conformance, user: $1}}]
current-context: conformance
users:
- name: $1
  user:
$(certificate_user "$1")
YAML
}

# The one that the suite is given: the administrator's context is the current one, each user of the token file has another. What
# the suite cannot find out by asking the API server stands in the extension.
suite_kubeconfig() {
  local token user rest
  cluster_of_kubeconfig
  echo "current-context: conformance-admin"
  echo "contexts:"
  for user in admin $(cut -d, -f2 "$state/tokens.csv" | sed 's/^conformance-//'); do
    echo "- {name: conformance-$user, context: {cluster: conformance, user: conformance-$user}}"
  done
  printf 'users:\n- name: conformance-admin\n  user:\n%s\n' "$(certificate_user admin)"
  while IFS=, read -r token user rest; do
    printf -- '- name: %s\n  user: {token: %s}\n' "$user" "$token"
  done <"$state/tokens.csv"
  cat <<YAML
extensions:
- name: conformance
  extension:
    auditLog: $state/audit.log
    etcd: http://127.0.0.1:$etcd_port
    state: $state
    revision: $revision
    olderRevision: $older_revision
    istioVersion: $istio
    kubernetesVersion: $kubernetes
YAML
}
