/** What the tests look at of a pod for its security; containers of all kinds have the same fields. */
export interface SecurityContext {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  procMount?: string;
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  appArmorProfile?: { type: string };
  seccompProfile?: { type: string };
  capabilities?: { add?: string[]; drop?: string[] };
  sysctls?: { name: string }[];
}
interface SecuredContainer {
  name: string;
  securityContext?: SecurityContext;
  ports?: { containerPort?: number; hostPort?: number }[];
}
export interface SecuredPod {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: SecurityContext;
  volumes?: ({ name: string } & Record<string, unknown>)[];
  containers: SecuredContainer[];
  initContainers?: SecuredContainer[];
  ephemeralContainers?: SecuredContainer[];
}

const volumeKinds = new Set([
  ...[
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'persistentVolumeClaim',
    'projected',
    'secret',
    'image',
  ],
]);
const safeSysctls = new Set([
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start'],
  ...['net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports'],
  ...['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl'],
  ...['net.ipv4.tcp_keepalive_probes', 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'],
]);
const profiles = ['RuntimeDefault', 'Localhost'];
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

/** What both a pod and a container may say. */
const common = ({ runAsUser, seLinuxOptions = {}, appArmorProfile, seccompProfile }: SecurityContext): string[] => [
  ...(runAsUser === 0 ? ['runAsUser is 0'] : []),
  ...(seLinuxTypes.includes(seLinuxOptions.type ?? '') ? [] : ['seLinuxOptions.type']),
  ...(seLinuxOptions.user === undefined && seLinuxOptions.role === undefined ? [] : ['seLinuxOptions']),
  ...(appArmorProfile === undefined || profiles.includes(appArmorProfile.type) ? [] : ['appArmorProfile']),
  ...(seccompProfile === undefined || profiles.includes(seccompProfile.type) ? [] : ['seccompProfile']),
];

/**
 * What the restricted Pod Security Standard refuses of a container.
 * @param pod what the pod says for all its containers
 */
export const refusedOfContainer = (context: SecurityContext = {}, pod: SecurityContext = {}): string[] => [
  ...common(context),
  ...(context.privileged === true ? ['privileged'] : []),
  ...(context.allowPrivilegeEscalation === false ? [] : ['allowPrivilegeEscalation']),
  ...((context.procMount ?? 'Default') === 'Default' ? [] : ['procMount']),
  ...((context.runAsNonRoot ?? pod.runAsNonRoot) === true ? [] : ['runAsNonRoot']),
  ...((context.seccompProfile ?? pod.seccompProfile) === undefined ? ['seccompProfile'] : []),
  ...(context.capabilities?.drop?.includes('ALL') === true ? [] : ['capabilities.drop']),
  ...(context.capabilities?.add?.some((each) => each !== 'NET_BIND_SERVICE') === true ? ['capabilities.add'] : []),
];

/** What the restricted Pod Security Standard refuses of a pod; empty: it is admitted. */
export const refusedOfPod = (pod: SecuredPod): string[] => {
  const { securityContext = {}, volumes = [] } = pod;
  const containers = [...(pod.initContainers ?? []), ...pod.containers, ...(pod.ephemeralContainers ?? [])];
  return [
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => pod[key] === true),
    ...common(securityContext),
    ...(securityContext.sysctls ?? []).filter(({ name }) => !safeSysctls.has(name)).map(({ name }) => `sysctl ${name}`),
    ...volumes.flatMap(({ name, ...source }) =>
      Object.keys(source)
        .filter((kind) => !volumeKinds.has(kind))
        .map((kind) => `volume ${name}: ${kind}`),
    ),
    ...containers.flatMap(({ name, ports = [], securityContext: own }) => [
      ...(ports.some(({ hostPort }) => hostPort !== undefined) ? [`${name}: hostPort`] : []),
      ...refusedOfContainer(own, securityContext).map((what) => `${name}: ${what}`),
    ]),
  ];
};
