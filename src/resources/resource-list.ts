/** What can be read without calling a tool; `read-resource.ts` reads it. Apart, because the list is needed at start and the reading is not. */

export interface ResourceFacts {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

export const RESOURCES: readonly ResourceFacts[] = [
  {
    uri: 'bedrock://models',
    name: 'models',
    title: 'Bedrock models',
    description: 'Every model of the catalogue: alias, ID, kind, status.',
  },
  {
    uri: 'bedrock://profiles',
    name: 'profiles',
    title: 'Inference profiles',
    description: 'The inference profiles of the configured Region, live where credentials allow.',
  },
  {
    uri: 'bedrock://usage',
    name: 'usage',
    title: 'What was spent',
    description: 'This month, by model, day, tool and thread, and what budgets have left.',
  },
  {
    uri: 'bedrock://threads',
    name: 'threads',
    title: 'Kept conversations',
    description: 'Every thread: turns, models, size, cost, expiry.',
  },
];

export const RESOURCE_TEMPLATES: readonly (Omit<ResourceFacts, 'uri'> & { readonly uriTemplate: string })[] =
  [
    {
      uriTemplate: 'bedrock://models/{id}',
      name: 'model',
      title: 'A Bedrock model',
      description:
        'Everything known about one model, by alias or ID: APIs, capabilities, lifecycle, profiles, price.',
    },
    {
      uriTemplate: 'bedrock://profiles/{region}',
      name: 'profiles-of-region',
      title: 'Inference profiles of a Region',
      description: 'The inference profiles that a Region offers.',
    },
    {
      uriTemplate: 'bedrock://threads/{thread_id}',
      name: 'thread',
      title: 'A kept conversation',
      description: 'One thread with all its turns; bytes of files are told by their size.',
    },
  ];

export const RESOURCE_TYPE = 'application/json';
