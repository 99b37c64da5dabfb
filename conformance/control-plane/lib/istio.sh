# istiod and what its chart installs, under the names that AKS gives them. Every function takes the revision and the first of
# six ports.

chart_values() { # revision first-port
  local release=${1#asm-}
  cat <<JSON
{
  "revision": "$1",
  "pilot": { "cni": { "enabled": false }, "autoscaleEnabled": false },
  "global": {
    "istioNamespace": "aks-istio-system",
    "hub": "mcr.microsoft.com/oss/v2/istio",
    "tag": "v${release/-/.}.0",
    "configValidation": false
  },
  "istiodRemote": {
    "injectionURL": "https://localhost:$2/inject",
    "injectionCABundle": "$(encoded ca.crt)"
  }
}
JSON
}

install_chart() { # revision first-port
  chart_values "$1" "$2" | "$istiod_program" chart istio-control/istio-discovery --namespace aks-istio-system >"$state/istiod-$1.yaml"
  kubectl apply --server-side --force-conflicts -f "$state/istiod-$1.yaml" >"$state/logs/chart-$1.log"
}

start_istiod() { # revision first-port
  local config=$state/istiod.kubeconfig
  component_kubeconfig istiod-client >"$config"
  mkdir -p "$state/istiod-$1"
  # It looks for ./etc and ./var in its working directory, and writes there.
  (
    cd "$state/istiod-$1"
    start "istiod-$1" env POD_NAMESPACE=aks-istio-system POD_NAME="istiod-$1-0" REVISION="$1" \
      "$istiod_program" discovery --kubeconfig "$config" --domain cluster.local \
      --httpsAddr "127.0.0.1:$2" --httpAddr "127.0.0.1:$(($2 + 1))" --grpcAddr "127.0.0.1:$(($2 + 2))" \
      --secureGRPCAddr "127.0.0.1:$(($2 + 3))" --monitoringAddr "127.0.0.1:$(($2 + 4))" \
      --ctrlz_port "$(($2 + 5))" --ctrlz_address 127.0.0.1 \
      --caCertFile "$state/pki/ca.crt" --tlsCertFile "$state/pki/istiod.crt" --tlsKeyFile "$state/pki/istiod.key"
  )
  wait_until "istiod-$1" 180 curl -fsS "http://127.0.0.1:$(($2 + 1))/ready"
}
