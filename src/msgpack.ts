export { messagePackSerializer, type MessagePackOptions } from './serializer/message-pack.ts';
