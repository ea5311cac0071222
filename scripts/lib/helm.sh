# Sourced: need_helm puts helm on the PATH; where it is missing, it is built with Go into .idempo/bin.
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.idempo/bin
export PATH=$tools:$PATH

need_helm() {
  command -v helm >/dev/null && return
  command -v go >/dev/null || {
    echo "helm is missing. Install it (https://helm.sh/docs/intro/install), or Go (https://go.dev/dl), with which this script builds it." >&2
    exit 1
  }
  local package=helm.sh/helm/v3/cmd/helm@v3.22.0
  echo "building helm ($package); this takes some minutes" >&2
  mkdir -p "$tools"
  GOBIN=$tools CGO_ENABLED=0 go install "$package"
}
