# Sourced: puts helm and kubeconform on the PATH; what is missing is built with Go into .idempo/bin.
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.idempo/bin
export PATH=$tools:$PATH

# need_tool NAME GO-PACKAGE
need_tool() {
  command -v "$1" >/dev/null && return
  command -v go >/dev/null || {
    echo "$1 is missing. Install it, or Go (https://go.dev/dl), with which this script builds it." >&2
    exit 1
  }
  echo "building $1 ($2)" >&2
  mkdir -p "$tools"
  GOBIN=$tools CGO_ENABLED=0 go install "$2"
}
need_helm() { need_tool helm helm.sh/helm/v3/cmd/helm@v3.22.0; }
need_kubeconform() { need_tool kubeconform github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0; }
