/**
 * Arguments for helm where it asks no cluster: the oldest Kubernetes that Chart.yaml lets in. A helm that was built by `go install` takes
 * itself for one of 1.20.
 */
export const withoutCluster = ['--kube-version', '1.30.0'] as const;
