package io.med3dinsight.bench.micro;

import org.openjdk.jmh.annotations.Param;

/** Matrix products. */
public class MatMulBenchmark extends WorkloadBenchmark {
  @Param({"matmul-1024", "matmul-4096x768x3072"})
  public String workload;

  @Override
  String workload() {
    return workload;
  }
}
