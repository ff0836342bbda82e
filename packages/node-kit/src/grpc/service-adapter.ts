// Turns the plain service descriptions of the protocol package into gRPC service definitions.
import type { MethodDefinition, ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";

/** A message codec as it is generated: encodes into a writer, decodes from bytes. */
export interface MessageCodec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/** One method of a service as plain data. */
export interface MethodDescription<Request, Response> {
  readonly name: string;
  readonly requestType: MessageCodec<Request>;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec<Response>;
  readonly responseStream: boolean;
}

/** The request type of a generated method description. */
export type RequestOf<M> = M extends { readonly requestType: { decode(bytes: Uint8Array): infer R } } ? R : never;
/** The response type of a generated method description. */
export type ResponseOf<M> = M extends { readonly responseType: { decode(bytes: Uint8Array): infer R } } ? R : never;

/** The gRPC definition of one described method. */
function methodDefinition(
  service: { readonly fullName: string },
  method: MethodDescription<unknown, unknown>,
): MethodDefinition<unknown, unknown> {
  return {
    path: `/${service.fullName}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (value) => Buffer.from(method.requestType.encode(value).finish()),
    requestDeserialize: (bytes) => method.requestType.decode(bytes),
    responseSerialize: (value) => Buffer.from(method.responseType.encode(value).finish()),
    responseDeserialize: (bytes) => method.responseType.decode(bytes),
  };
}

/** The gRPC definition of a described service, keyed as the description is. */
export function serviceDefinition(service: {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, unknown>>;
}): ServiceDefinition<Record<string, UntypedHandleCall>> {
  const entries = Object.entries(service.methods).map(([key, method]) => [
    key,
    methodDefinition(service, method as MethodDescription<unknown, unknown>),
  ]);
  return Object.fromEntries(entries) as ServiceDefinition<Record<string, UntypedHandleCall>>;
}
