# istiod and what its chart installs, under the names that AKS gives them.

chart_values() {
  cat <<JSON
{
  "revision": "$revision",
  "pilot": { "cni": { "enabled": false }, "autoscaleEnabled": false },
  "global": {
    "istioNamespace": "aks-istio-system",
    "hub": "mcr.microsoft.com/oss/v2/istio",
    "tag": "v${istio_release}.0",
    "configValidation": false
  },
  "istiodRemote": {
    "injectionURL": "https://localhost:$injector_port/inject",
    "injectionCABundle": "$(encoded ca.crt)"
  }
}
JSON
}

install_chart() {
  chart_values | "$istiod_program" chart istio-control/istio-discovery --namespace aks-istio-system >"$state/istiod.yaml"
  kubectl apply --server-side --force-conflicts -f "$state/istiod.yaml" >"$state/logs/chart.log"
}

start_istiod() {
  local config=$state/istiod.kubeconfig
  component_kubeconfig istiod-client >"$config"
  mkdir -p "$state/istiod"
  # It looks for ./etc and ./var in its working directory, and writes there.
  (
    cd "$state/istiod"
    start istiod env POD_NAMESPACE=aks-istio-system POD_NAME="istiod-$revision-0" REVISION="$revision" \
      ISTIOD_CUSTOM_HOST=localhost PILOT_ENABLE_WORKLOAD_ENTRY_AUTOREGISTRATION=false \
      "$istiod_program" discovery --kubeconfig "$config" --domain cluster.local \
      --httpAddr "127.0.0.1:$debug_port" --httpsAddr "127.0.0.1:$injector_port" --grpcAddr "127.0.0.1:$grpc_port" \
      --secureGRPCAddr "127.0.0.1:$secure_grpc_port" --monitoringAddr "127.0.0.1:$monitoring_port" --ctrlz_port "$control_port" \
      --ctrlz_address 127.0.0.1 --caCertFile "$state/pki/ca.crt" --tlsCertFile "$state/pki/istiod.crt" --tlsKeyFile "$state/pki/istiod.key"
  )
  wait_until istiod 120 curl -fsS "http://127.0.0.1:$debug_port/ready"
}
