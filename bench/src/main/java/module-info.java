/** Benchmarks, and comparisons with peers. */
module io.med3dinsight.bench {
  requires com.fasterxml.jackson.databind;
  requires io.med3dinsight;
  requires io.med3dinsight.kernels;
  requires info.picocli;
  requires java.management;
  requires jmh.core;

  exports io.med3dinsight.bench;
}
