/** The databases. */
export const keys = ['game', 'inventory', 'marketplace', 'wallet'];
/** All stores are one's own. */
export const external = [
  'operators={"strimzi":false,"cloudnativePg":false,"keda":true}',
  'kafka.deploy=false',
  `kafka.external=${JSON.stringify({
    bootstrapServers: 'b-1.example.com:9096',
    tls: true,
    caSecret: 'kafka-ca',
    sasl: { mechanism: 'SCRAM-SHA-256' },
    manage: 'job',
    adminSecret: 'kafka-admin',
  })}`,
  'redis.deploy=false',
  'redis.external={"nodes":"redis.example.com:6380","tls":true,"caSecret":"redis-ca","mode":"cluster"}',
  ...keys.flatMap((key) => [
    `databases.${key}.deploy=false`,
    `databases.${key}.external=${JSON.stringify({ host: `${key}.example.com`, caSecret: 'rds-ca', manage: 'job', adminSecret: `${key}-admin` })}`,
  ]),
];
