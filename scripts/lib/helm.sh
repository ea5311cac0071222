# Sourced: need_helm and need_kwok see to it that the program is on the PATH; where it is missing, it is built with Go into .idempo/bin.
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.idempo/bin
export PATH=$PATH:$tools

need_helm() { need_program helm https://helm.sh/docs/intro/install helm.sh/helm/v3/cmd/helm@v3.22.0; }
need_kwok() { need_program kwok https://kwok.sigs.k8s.io/docs/user/installation sigs.k8s.io/kwok/cmd/kwok@v0.8.0; }

# need_program NAME HOW_TO_INSTALL_IT PACKAGE
need_program() {
  command -v "$1" >/dev/null && return
  command -v go >/dev/null || {
    echo "$1 is missing. Install it ($2), or Go (https://go.dev/dl), with which this script builds it." >&2
    exit 1
  }
  echo "building $1 ($3); this takes some minutes" >&2
  mkdir -p "$tools"
  GOBIN=$tools CGO_ENABLED=0 go install "$3"
}
