/** Small documents in the shape of the AWS bulk price lists, for both kinds of service code. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Sku {
  readonly usagetype: string;
  readonly unit: string;
  readonly usd: string;
  /** `model`, `titanModel`, `servicename`, `inferenceType` ... */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A product and its only on-demand price. */
export function sku(
  usagetype: string,
  unit: string,
  usd: string,
  attributes: Readonly<Record<string, string>> = {},
): Sku {
  return { usagetype, unit, usd, attributes };
}

export const claude = (name: string) => ({ servicename: `${name} (Amazon Bedrock Edition)` });

/** AWS pads every price to ten decimals. */
export function documentOf(
  code: string,
  skus: readonly Sku[],
  region = 'us-east-1',
): Record<string, unknown> {
  const products: Record<string, unknown> = {};
  const onDemand: Record<string, unknown> = {};
  skus.forEach(({ usagetype, unit, usd, attributes }, index) => {
    const name = `SKU${String(index).padStart(4, '0')}`;
    products[name] = {
      sku: name,
      productFamily: 'Amazon Bedrock',
      attributes: { servicecode: code, regionCode: region, usagetype, ...attributes },
    };
    onDemand[name] = {
      [`${name}.JRTCKXETXF`]: {
        offerTermCode: 'JRTCKXETXF',
        priceDimensions: {
          [`${name}.JRTCKXETXF.6YS6EN2CT7`]: {
            unit,
            description: `$${usd} per ${unit} for ${usagetype}`,
            beginRange: '0',
            endRange: 'Inf',
            pricePerUnit: { USD: usd },
          },
        },
      },
    };
  });
  return {
    formatVersion: 'v1.0',
    offerCode: code,
    version: '20261118000000',
    publicationDate: '2026-11-18T10:20:30Z',
    products,
    terms: { OnDemand: onDemand, Reserved: {} },
  };
}

export type Answer =
  | { readonly json: unknown }
  | { readonly status: number; readonly body?: string; readonly location?: string }
  /** Starts an answer and never ends it. */
  | 'hangs'
  /** Sends for as long as the other side reads. */
  | 'endless';

export interface PriceServer {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Serves answers by service code on loopback; a code without one is 403, as S3 says for what is not there. */
export async function servePrices(answers: Readonly<Record<string, Answer>>): Promise<PriceServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const code = /^\/offers\/v1\.0\/aws\/(\w+)\/current\/[\w-]+\/index\.json$/.exec(path)?.[1] ?? '';
    const answer = answers[code] ?? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
    if (answer === 'hangs') response.writeHead(200).write('{');
    else if (answer === 'endless') {
      response.writeHead(200);
      const more = () => {
        while (response.write(' '.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    } else if ('json' in answer) response.writeHead(200).end(JSON.stringify(answer.json));
    else
      response
        .writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location })
        .end(answer.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
