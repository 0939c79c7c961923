import { type StatusServer, serveStatus } from '../host/status-socket.ts';
import type { Status } from '../model/status.ts';

/** Serves the status; undefined where that cannot be, which is told and no reason to do nothing else. */
export async function openStatus(
  path: string,
  status: () => Promise<Status>,
  onFailed: (path: string, error: unknown) => void,
): Promise<StatusServer | undefined> {
  try {
    return await serveStatus(path, status);
  } catch (error) {
    onFailed(path, error);
    return undefined;
  }
}
