/** Decides whether this request is to fail: throttling options, injected faults, magic prompts. */

import type { SandboxFault, SandboxOptions, SandboxRequest } from '../types.ts';
import { findMagic, type Magic, magicRefusal, throttled } from './magic.ts';

export interface FaultPlan {
  inject(fault: SandboxFault): void;
  /** Throws when the throttling options refuse this model call; `inFlight` counts this one too. */
  throttle(inFlight: number): void;
  /** The fault of this request: an injected one first, then the magic prompt in `text`. Throws refusals. */
  magicOf(request: SandboxRequest, text: string): Magic | undefined;
}

interface Injected {
  readonly fault: SandboxFault;
  left: number;
}

function matches({ fault, left }: Injected, request: SandboxRequest): boolean {
  return (
    left > 0 &&
    (fault.operation === undefined || fault.operation === request.operation) &&
    (fault.region === undefined || fault.region === request.region) &&
    (fault.modelId === undefined || (request.modelId ?? '').includes(fault.modelId))
  );
}

export function createFaultPlan(options: SandboxOptions): FaultPlan {
  const injected: Injected[] = [];
  const throttledOnce = new Set<string>();
  let toThrottle = options.throttle?.first ?? 0;

  const inject = (fault: SandboxFault): void => {
    if (!findMagic(fault.prompt)) throw new TypeError(`Not a magic prompt of the sandbox: ${fault.prompt}`);
    injected.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  };
  for (const fault of options.faults ?? []) inject(fault);

  return {
    inject,
    throttle(inFlight) {
      const { concurrent, retryAfterSeconds } = options.throttle ?? {};
      if (toThrottle > 0) {
        toThrottle -= 1;
        throw throttled(retryAfterSeconds);
      }
      if (concurrent !== undefined && inFlight > concurrent) throw throttled(retryAfterSeconds);
    },
    magicOf(request, text) {
      const hit = injected.find((entry) => matches(entry, request));
      if (hit) hit.left -= 1;
      const magic = findMagic(hit?.fault.prompt ?? text);
      if (!magic) return undefined;
      if (magic.name === 'throttle-once') {
        if (throttledOnce.has(text)) return undefined;
        throttledOnce.add(text);
        throw throttled();
      }
      const refusal = magicRefusal(magic);
      if (refusal) throw refusal;
      return magic;
    },
  };
}
