import { describeClients } from './client-suite.ts';

describeClients('stdio');
