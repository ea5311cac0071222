import { startPlatform, type Platform, type PlatformOptions } from '../scripts/lib/platform.ts';
import { ownFolder } from './folder.ts';

/** A whole platform of one's own, built before by scripts/test, with the data and logs in a folder of its own. */
export const startTestPlatform = async (options: Omit<PlatformOptions, 'dir'> = {}): Promise<Platform> => {
  const folder = await ownFolder('platform');
  const platform = await startPlatform({ durable: false, ...options, dir: folder.path });
  return {
    ...platform,
    stop: async () => {
      await platform.stop();
      folder.remove();
    },
  };
};
