package io.med3dinsight.bench.micro;

import org.openjdk.jmh.annotations.Param;

/** Gaussian error linear unit. */
public class GeluBenchmark extends WorkloadBenchmark {
  @Param({"gelu"})
  public String workload;

  @Override
  String workload() {
    return workload;
  }
}
