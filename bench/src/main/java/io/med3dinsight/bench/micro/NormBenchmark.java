package io.med3dinsight.bench.micro;

import org.openjdk.jmh.annotations.Param;

/** Normalisations. */
public class NormBenchmark extends WorkloadBenchmark {
  @Param({"instance-norm", "layer-norm"})
  public String workload;

  @Override
  String workload() {
    return workload;
  }
}
