/** Benchmarks, and comparisons with peers. */
module io.med3dinsight.bench {
  requires io.med3dinsight;
  requires jmh.core;
}
