import { BsonDocument, BsonValue } from './bson-value';

/** Documents on their way through a pipeline, with null in between where the thread may be given away. */
export type Documents = Iterable<BsonDocument | null>;

/** What a stage makes of the documents that reach it. Stages are lazy as far as they can be, and pass nulls on at once. */
export type Stage = (documents: Documents) => Documents;

/** What stages need from outside. */
export interface PipelineSource {
  /** What a pipeline gives on another collection of the same database; nothing where there is no such collection. */
  aggregate(collection: string, pipeline: readonly BsonDocument[]): Documents;
  /**
   * Counts one document that a stage makes. True now and then: the stage yields null.
   * @throws MongoError MaxTimeMSExpired (50), and what else ends the statement
   */
  pauses(): boolean;
  /**
   * Tells about how many bytes more a stage holds.
   * @throws MongoError QueryExceededMemoryLimitNoDiskUseAllowed (292)
   */
  takeMemory(bytes: number): void;
}

/** Makes one stage from what is written behind its name, `name` being that. */
export type StageParser = (spec: BsonValue, source: PipelineSource, name: string) => Stage;
