import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config';
import type { Log } from '../log';
import type { FormatError } from './mask-errors';
import type { ApolloContext } from './operations-plugin';

/** Plain Apollo Server, without the plugins that report to Apollo's cloud or wrap every resolver. */
export async function startApollo(
  schema: GraphQLSchema,
  config: Config,
  formatError: FormatError,
  log: Log,
  plugins: readonly ApolloServerPlugin<ApolloContext>[],
): Promise<ApolloServer<ApolloContext>> {
  const apollo = new ApolloServer<ApolloContext>({
    schema,
    formatError,
    plugins: [
      ...plugins,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    introspection: true,
    // CrossOriginRule has checked requests before, and needs no special header.
    csrfPrevention: false,
    ...(config.trustedDocuments !== null && { persistedQueries: false as const }),
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    // The pipeline has validated every document before Apollo sees it, within its own limits.
    dangerouslyDisableValidation: true,
    parseOptions: { maxTokens: config.maxQueryTokens },
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: apolloLog(log),
  });
  await apollo.start();
  return apollo;
}

function apolloLog(log: Log) {
  return {
    debug: (message: unknown) => log.debug({}, String(message)),
    info: (message: unknown) => log.info({}, String(message)),
    warn: (message: unknown) => log.warn({}, String(message)),
    error: (message: unknown) => log.error({}, String(message)),
  };
}
