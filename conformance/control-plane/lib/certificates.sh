# A certificate authority and what it signs, in $state/pki. All are for loopback addresses, and for two days.

make_authority() {
  mkdir -p "$state/pki"
  chmod 700 "$state" "$state/pki"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=conformance-ca" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$state/pki/ca.key" -out "$state/pki/ca.crt" 2>/dev/null
  openssl genrsa -out "$state/pki/service-accounts.key" 2048 2>/dev/null
  openssl rsa -in "$state/pki/service-accounts.key" -pubout -out "$state/pki/service-accounts.pub" 2>/dev/null
}

issue() { # name subject extension...
  local name=$1 subject=$2 extensions=$state/pki/$1.ext
  shift 2
  printf '%s\n' "$@" >"$extensions"
  openssl req -new -newkey rsa:2048 -nodes -subj "$subject" -keyout "$state/pki/$name.key" -out "$state/pki/$name.csr" 2>/dev/null
  openssl x509 -req -in "$state/pki/$name.csr" -CA "$state/pki/ca.crt" -CAkey "$state/pki/ca.key" -CAcreateserial \
    -days 2 -extfile "$extensions" -out "$state/pki/$name.crt" 2>/dev/null
}

issue_server() { # name dns-names
  issue "$1" "/CN=$1" "subjectAltName=DNS:localhost,IP:127.0.0.1$2" "extendedKeyUsage=serverAuth"
}

issue_client() { # name user group
  issue "$1" "${3:+/O=$3}/CN=$2" "extendedKeyUsage=clientAuth"
}

issue_all() {
  make_authority
  issue_server apiserver ",DNS:kubernetes.default.svc"
  issue_server istiod ",DNS:istiod-$revision.aks-istio-system.svc,DNS:istiod-$older_revision.aks-istio-system.svc"
  issue_client admin conformance-admin system:masters
  issue_client nodes conformance-nodes system:masters
  issue_client istiod-client istiod system:masters
  issue_client controller-manager system:kube-controller-manager ""
  issue_client scheduler system:kube-scheduler ""
}
