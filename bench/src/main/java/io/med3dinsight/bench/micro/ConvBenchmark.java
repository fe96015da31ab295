package io.med3dinsight.bench.micro;

import org.openjdk.jmh.annotations.Param;

/** Convolutions. */
public class ConvBenchmark extends WorkloadBenchmark {
  @Param({
    "conv-1-32",
    "conv-32-64",
    "conv-64-128",
    "conv-32-32",
    "patch-embedding",
    "transposed-conv",
    "depthwise"
  })
  public String workload;

  @Override
  String workload() {
    return workload;
  }
}
