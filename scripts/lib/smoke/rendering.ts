import { held, kubectl, kubectlWith, run } from './cluster.ts';

/** Both renderings, as strictly as the API server checks them, with the real CRDs. */
export const expectAccepted = async (): Promise<void> => {
  // KEDA is in the cloud's alone.
  await kubectl('apply', '--server-side', '--filename', 'charts/keda-crds/crds');
  for (const overlay of ['local', 'cloud']) {
    const rendered = await run('helm', 'template', 'idempo', '.', '--values', `values/${overlay}.yaml`);
    const strict = ['--dry-run=server', '--validate=strict', '--server-side', '--force-conflicts'];
    await kubectlWith(rendered, 'apply', ...strict, '--filename', '-');
  }
  held('the API server accepts the local and the cloud rendering');
};
