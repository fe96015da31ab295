package io.med3dinsight.bench.micro;

import org.openjdk.jmh.annotations.Param;

/** Entropic partial optimal transport. */
public class TransportBenchmark extends WorkloadBenchmark {
  @Param({"transport"})
  public String workload;

  @Override
  String workload() {
    return workload;
  }
}
