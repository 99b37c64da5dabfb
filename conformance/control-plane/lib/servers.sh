# The programs of the control plane, in the order in which they are started. Each listens on loopback only.

start_etcd() {
  start etcd etcd --name conformance --data-dir "$state/etcd" --log-level warn \
    --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
    --initial-cluster "conformance=http://127.0.0.1:$peer_port"
  wait_until etcd 30 curl -fsS "http://127.0.0.1:$etcd_port/health"
}

start_api_server() {
  # No endpoint of the service "kubernetes": loopback addresses are not allowed there, and nobody asks for it.
  start kube-apiserver "$kubernetes_program" kube-apiserver \
    --etcd-servers="http://127.0.0.1:$etcd_port" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$api_port" --endpoint-reconciler-type=none \
    --tls-cert-file="$state/pki/apiserver.crt" --tls-private-key-file="$state/pki/apiserver.key" \
    --client-ca-file="$state/pki/ca.crt" --token-auth-file="$state/tokens.csv" --authorization-mode=Node,RBAC \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$state/pki/service-accounts.pub" \
    --service-account-signing-key-file="$state/pki/service-accounts.key" \
    --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true \
    --audit-policy-file="$here/control-plane/manifests/audit-policy.yaml" --audit-log-path="$state/audit.log"
  wait_until kube-apiserver 90 kubectl get --raw /readyz
}

start_controller_manager() {
  local config=$state/controller-manager.kubeconfig
  component_kubeconfig controller-manager >"$config"
  start kube-controller-manager "$kubernetes_program" kube-controller-manager \
    --kubeconfig="$config" --authentication-kubeconfig="$config" --authorization-kubeconfig="$config" \
    --authentication-skip-lookup=true \
    --bind-address=127.0.0.1 --secure-port="$manager_port" --leader-elect=false --use-service-account-credentials=true \
    --service-account-private-key-file="$state/pki/service-accounts.key" --root-ca-file="$state/pki/ca.crt"
  wait_until kube-controller-manager 60 curl -fsSk "https://127.0.0.1:$manager_port/healthz"
}

start_scheduler() {
  local config=$state/scheduler.kubeconfig
  component_kubeconfig scheduler >"$config"
  start kube-scheduler "$kubernetes_program" kube-scheduler \
    --kubeconfig="$config" --authentication-kubeconfig="$config" --authorization-kubeconfig="$config" \
    --authentication-skip-lookup=true \
    --bind-address=127.0.0.1 --secure-port="$scheduler_port" --leader-elect=false
  wait_until kube-scheduler 60 curl -fsSk "https://127.0.0.1:$scheduler_port/healthz"
}

start_nodes() {
  component_kubeconfig nodes >"$state/nodes.kubeconfig"
  start nodes "$nodes_program" --kubeconfig "$state/nodes.kubeconfig" --count "$nodes" --kubelet-version "$kubernetes"
  wait_until nodes 60 nodes_are_ready
}

nodes_are_ready() {
  [[ $(kubectl get nodes --no-headers 2>/dev/null | grep -c ' Ready ') -eq $nodes ]] &&
    ! kubectl get nodes -o jsonpath='{.items[*].spec.taints}' | grep -q not-ready
}
