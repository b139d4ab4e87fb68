export { useCommand, type Command, type CommandOutcome, type CommandState } from './react/use-command.ts';
export { useProjection, useProjectionStatus } from './react/use-projection.ts';
export { useStream } from './react/use-stream.ts';
export type { Live } from './react/observable-source.ts';
