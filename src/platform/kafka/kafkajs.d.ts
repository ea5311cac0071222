/** What kafkajs has and does not type: its own mechanisms, for a provider that decides with which password. */
type Provider = (account: {
  username: string;
  password: string;
}) => NonNullable<import('kafkajs').Mechanism['authenticationProvider']>;

declare module 'kafkajs/src/broker/saslAuthenticator/plain.js' {
  const provider: Provider;
  export default provider;
}
declare module 'kafkajs/src/broker/saslAuthenticator/scram256.js' {
  const provider: Provider;
  export default provider;
}
declare module 'kafkajs/src/broker/saslAuthenticator/scram512.js' {
  const provider: Provider;
  export default provider;
}
