/** What the sandbox remembers of the requests it got. */
import type { SandboxRecord, SandboxRequest } from '../types.ts';

const MOST_KEPT = 5000;

export interface RequestLog {
  readonly record: SandboxRecord;
  add(request: SandboxRequest): void;
  /** Ends a request once; later calls change nothing. */
  end(request: SandboxRequest, state: 'completed' | 'aborted' | 'failed'): void;
  /** Model calls that are in flight now. */
  modelCalls(): number;
}

export function createRequestLog(): RequestLog {
  const requests: SandboxRequest[] = [];
  const live = new Set<SandboxRequest>();
  let aborted = 0;
  return {
    record: {
      requests,
      get aborted() {
        return aborted;
      },
      get inFlight() {
        return live.size;
      },
    },
    add(request) {
      requests.push(request);
      if (requests.length > MOST_KEPT) requests.shift();
      live.add(request);
    },
    end(request, state) {
      if (!live.delete(request)) return;
      request.state = state;
      request.endedAt = Date.now();
      if (state === 'aborted') aborted += 1;
    },
    modelCalls: () => [...live].filter(({ modelId }) => modelId !== undefined).length,
  };
}
