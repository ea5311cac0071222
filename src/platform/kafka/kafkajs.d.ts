/** What kafkajs has and does not type: how it signs in by each mechanism, for a provider that decides with which password. */
declare module 'kafkajs/src/broker/saslAuthenticator/*.js' {
  import type { Mechanism } from 'kafkajs';
  const provider: (account: { username: string; password: string }) => Mechanism['authenticationProvider'];
  export default provider;
}
