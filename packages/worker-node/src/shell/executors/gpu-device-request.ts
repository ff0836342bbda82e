// How a container is given GPUs: by the names that their driver gives them, so that it sees these and no others.

/** Of the Docker API: `HostConfig.DeviceRequests`. */
export interface GpuDeviceRequest {
  readonly Driver: string;
  readonly DeviceIDs: readonly string[];
  readonly Capabilities: readonly (readonly string[])[];
}

/**
 * The request for the devices of an attempt, for the NVIDIA container toolkit; none for none. AMD's GPUs are passed as device nodes, which
 * is not done here: they are refused with an error. From documentation; no GPU has seen it yet.
 */
export function gpuDeviceRequest(devices: readonly string[]): readonly GpuDeviceRequest[] {
  const foreign = devices.find((device) => !/^GPU-[0-9a-f-]+$/i.test(device));
  if (foreign !== undefined) throw new Error(`${foreign} is no GPU that a container can be given`);
  return devices.length === 0 ? [] : [{ Driver: "nvidia", DeviceIDs: devices, Capabilities: [["gpu"]] }];
}
