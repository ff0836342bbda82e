// The parser against lines with the values of real machines, and against what drivers print when they don't know.
import { describe, expect, it } from "vitest";
import { parseNvidiaSmi } from "../../src/shell/probe/nvidia-smi.ts";

describe("parseNvidiaSmi", () => {
  it("reads a data-centre GPU", () => {
    const output = "GPU-4d1a8f0e-9a3c-5b67-12c4-1f0b7ad5e6a9, NVIDIA H200, 143771, 580.159.03, 9.0\n";
    expect(parseNvidiaSmi(output)).toEqual([
      {
        vendor: "nvidia",
        model: "NVIDIA H200",
        vramBytes: 143771 * 2 ** 20,
        arch: "sm_90",
        driver: "580.159.03",
        uuid: "GPU-4d1a8f0e-9a3c-5b67-12c4-1f0b7ad5e6a9",
      },
    ]);
  });

  it("reads two GPUs and architectures with two digits", () => {
    const output =
      "GPU-a, NVIDIA A100-SXM4-40GB, 40960, 535.104.05, 8.0\nGPU-b, NVIDIA B200, 183359, 580.95.05, 10.0\n";
    expect(parseNvidiaSmi(output).map((gpu) => [gpu.model, gpu.arch])).toEqual([
      ["NVIDIA A100-SXM4-40GB", "sm_80"],
      ["NVIDIA B200", "sm_100"],
    ]);
  });

  it.each([
    ["an old driver without the architecture", "GPU-a, Tesla K80, 11441, 470.82, [N/A]\n"],
    ["memory that is not known", "GPU-a, NVIDIA GB10, [N/A], 580.95.05, 12.1\n"],
    [
      "a driver that doesn't answer",
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that it is running.\n",
    ],
    ["no devices", "No devices were found\n"],
    ["nothing", ""],
  ])("advertises nothing for %s", (_name, output) => {
    expect(parseNvidiaSmi(output)).toEqual([]);
  });
});
