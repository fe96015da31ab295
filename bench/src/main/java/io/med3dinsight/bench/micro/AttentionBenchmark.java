package io.med3dinsight.bench.micro;

import org.openjdk.jmh.annotations.Param;

/** Scaled dot-product attention, global and in windows. */
public class AttentionBenchmark extends WorkloadBenchmark {
  @Param({"attention", "window-attention"})
  public String workload;

  @Override
  String workload() {
    return workload;
  }
}
