package io.med3dinsight.kernels.ptx;

import java.util.List;

/** A kernel of a loaded module. */
public final class PtxKernel {
  private final Program program;
  private final List<KernelParameter> parameters;

  PtxKernel(Program program, List<KernelParameter> parameters) {
    this.program = program;
    this.parameters = List.copyOf(parameters);
  }

  /** The entry's name. */
  public String name() {
    return program.name;
  }

  /** The parameters in order. */
  public List<KernelParameter> parameters() {
    return parameters;
  }

  /** Size of the packed parameters in bytes. */
  public int parameterBytes() {
    return program.parameterBytes;
  }

  /** Static shared memory in bytes. */
  public int staticSharedBytes() {
    return program.declaredSharedBytes;
  }

  /** Threads per block allowed by the kernel's launch bounds, 1024 without. */
  public int maxThreads() {
    return program.maxThreads == 0 ? 1024 : program.maxThreads;
  }

  Program program() {
    return program;
  }
}
