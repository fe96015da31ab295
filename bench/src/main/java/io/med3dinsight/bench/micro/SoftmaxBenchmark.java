package io.med3dinsight.bench.micro;

import org.openjdk.jmh.annotations.Param;

/** Softmax along rows. */
public class SoftmaxBenchmark extends WorkloadBenchmark {
  @Param({"softmax"})
  public String workload;

  @Override
  String workload() {
    return workload;
  }
}
